import type { OptionValue } from './plan.js';

/** One option of a charm, as `juju config APPLICATION` tells it (juju-contract 8). */
export interface CharmOption extends OptionValue {
  /** `string`, `int`, `float`, `boolean` or `secret`, in Juju's own words. */
  readonly type: string;
  /** What a reset comes to; undefined when the charm has no default. */
  readonly default: string | undefined;
}

/** The options of one application by name. */
export interface CharmConfig {
  readonly application: string;
  readonly options: ReadonlyMap<string, CharmOption>;
}

/** Names of options whose values are never read out, shown or written to a plan. */
const SECRET = /pass(?:word|wd|phrase)?(?:$|-)|secret|token$|credential|(?:^|-)(?:ssl|private|api|encryption)-?(?:key|cert|ca)$/;

/** Whether an option is to be taken for a secret: by the type Juju gives it, or by its name, which charms spell in both ways: `ssl_key`. */
export function isSecretOption(name: string, type: string): boolean {
  return type === 'secret' || SECRET.test(name.toLowerCase().replaceAll('_', '-'));
}
