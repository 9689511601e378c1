/** The part of jasmine-core that the suite uses. */
declare module 'jasmine-core' {
  interface Result {
    readonly fullName: string;
    readonly status: string;
    readonly failedExpectations: readonly { message: string; stack?: string }[];
  }
  interface Env {
    configure(options: { random: boolean; specFilter: (spec: { getFullName(): string }) => boolean }): void;
    addReporter(reporter: {
      jasmineStarted(): void;
      specStarted(result: Result): void;
      specDone(result: Result): void;
      suiteDone(result: Result): void;
    }): void;
    execute(): Promise<unknown>;
  }
  interface Jasmine {
    boot(jasmine: Jasmine): { getEnv(): Env };
  }
  const jasmineRequire: Jasmine;
  export default jasmineRequire;
}
