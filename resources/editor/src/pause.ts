// Delays costly work after typing until the user pauses, so that the next key is painted first.
export class Pause {
  private timer = 0;
  private since = 0;

  constructor(private readonly act: () => void) {}

  get isWaiting(): boolean {
    return this.timer !== 0;
  }

  /** Something was typed. Acts once it was quiet for so long, and in any case so long after the first of these. */
  typed(quietMs: number, maxWaitMs: number): void {
    const now = performance.now();
    if (this.timer === 0) this.since = now;
    const left = this.since + maxWaitMs - now;
    if (left <= 0) {
      // Not by a timer: on a loaded machine the page serves keys before timers, and each key would put it off again.
      this.end();
      return;
    }
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.end(), Math.min(quietMs, left));
  }

  /** Acts now, if it is to act at all. */
  end(): void {
    if (this.timer === 0) return;
    this.drop();
    this.act();
  }

  /** Does not act any more. */
  drop(): void {
    clearTimeout(this.timer);
    this.timer = 0;
  }
}
