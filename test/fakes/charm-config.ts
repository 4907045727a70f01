import type { CharmConfig, CharmOption } from '../../src/domain/charm-config.js';
import { Failure } from '../../src/domain/failure.js';
import type { OptionStep } from '../../src/domain/plan.js';
import type { CharmConfiguration } from '../../src/engine/ports.js';

/** Charm options in memory, set and reset as Juju does it. */
export class FakeCharmConfig implements CharmConfiguration {
  readonly options = new Map<string, CharmOption>([
    ['worker-multiplier', { type: 'float', value: '', source: 'unset', default: undefined }],
    ['haproxy-server-timeout', { type: 'int', value: '90000', source: 'default', default: '90000' }],
  ]);
  /** What `juju config` says instead of doing it. */
  trouble: Failure | undefined;
  /** Sets it all the same, and then says its trouble. */
  actsBeforeTrouble = false;
  readonly written: (readonly OptionStep[])[] = [];

  async read(application: string): Promise<CharmConfig> {
    return { application, options: new Map(this.options) };
  }

  async write(_application: string, steps: readonly OptionStep[]): Promise<void> {
    if (this.trouble && !this.actsBeforeTrouble) throw this.trouble;
    this.written.push(steps);
    for (const { option, after } of steps) {
      const known = this.options.get(option);
      if (!known) throw new Failure('juju', `unknown option "${option}"`);
      this.options.set(option, { ...known, ...after });
    }
    if (this.trouble) throw this.trouble;
  }
}
