import type { ModelChoice } from './state.js';
import type { TakerOptions } from './taker.js';

export interface ControllerOptions extends TakerOptions {
  /** The person's clock and the model's, milliseconds since 1970. */
  readonly now: () => number;
  readonly modelNow: () => number;
  readonly measureSeconds: number;
  /** How long a person has to confirm a change, in his own seconds. */
  readonly confirmSeconds: number;
  /** Rings when the time to confirm runs out; absent: in silence. */
  readonly bell?: () => void;
  /** Lists the models there are and opens another one; absent where the model was given. */
  readonly choice?: ModelSource;
}

export interface ModelSource {
  /** Throws `Failure('juju')`. */
  list(): Promise<readonly ModelChoice[]>;
  /** From now on the session is that of this model. */
  choose(target: string): void;
}
