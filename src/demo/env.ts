import type { DemoPlace } from './setup.js';
import { quote } from './setup.js';

/** Lines for `eval` in sh, bash and zsh: enter the demo, its name in the prompt. Entering twice is entering once. */
export function enterLines(place: DemoPlace): string {
  const { PATH, ...variables } = place.env;
  const saves = Object.keys(variables).map(
    (name) => `JUJU_TUNE_SAVED_${name}="\${${name}-}"; JUJU_TUNE_HAD_${name}="\${${name}+yes}"`,
  );
  const sets = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}; export ${name}`);
  return [
    leaveLines(),
    `JUJU_TUNE_SAVED_PATH="$PATH"; JUJU_TUNE_SAVED_PS1="\${PS1-}"`,
    `JUJU_TUNE_SAVED_JUJU_MODEL="\${JUJU_MODEL-}"; JUJU_TUNE_HAD_JUJU_MODEL="\${JUJU_MODEL+yes}"; unset JUJU_MODEL`,
    `JUJU_TUNE_SAVED_JUJU_CONTROLLER="\${JUJU_CONTROLLER-}"; JUJU_TUNE_HAD_JUJU_CONTROLLER="\${JUJU_CONTROLLER+yes}"; unset JUJU_CONTROLLER`,
    ...saves,
    ...sets,
    `PATH=${quote(PATH)}:"$PATH"; export PATH`,
    `PS1="(juju-tune demo) \${PS1-}"`,
    'hash -r 2>/dev/null || :',
    '',
  ].join('\n');
}

const RESTORED = ['JUJU_DATA', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME', 'JUJU_TUNE_DEMO', 'JUJU_MODEL', 'JUJU_CONTROLLER'];

/** Lines for `eval` that put everything back; nothing happens outside the demo. */
export function leaveLines(): string {
  const restore = RESTORED.map(
    (name) =>
      `  if [ -n "\${JUJU_TUNE_HAD_${name}-}" ]; then ${name}="$JUJU_TUNE_SAVED_${name}"; export ${name}; else unset ${name}; fi; unset JUJU_TUNE_SAVED_${name} JUJU_TUNE_HAD_${name}`,
  );
  return [
    `if [ -n "\${JUJU_TUNE_SAVED_PATH-}" ]; then`,
    '  PATH="$JUJU_TUNE_SAVED_PATH"; export PATH; PS1="$JUJU_TUNE_SAVED_PS1"; unset JUJU_TUNE_SAVED_PATH JUJU_TUNE_SAVED_PS1',
    ...restore,
    '  hash -r 2>/dev/null || :',
    'fi',
  ].join('\n');
}
