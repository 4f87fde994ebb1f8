/** Everything that determines the default model besides the corpus and the trainer. */
export const RECIPE = {
  seed: 2026,
  shape: { dim: 128, layers: 4, heads: 4, ffn: 256, context: 128, theta: 10_000 },
  /** Sequences per step and the longest sequence used in training, in tokens. */
  batch: 32,
  length: 96,
  /** Steps that the smooth fall of the learning rate would take. */
  horizon: 9000,
  /**
   * Peak of the learning rate, steps of its rise and of its last fall to 0; probability of an unseen name. Most names are
   * random letters, so that the model learns to copy instead of to recall; more of them in the second round. The model is the mean of
   * what both end with.
   */
  rounds: [
    { steps: 7000, rate: 3e-3, warmup: 100, cooldown: 1000, unseenNames: 0.65 },
    { steps: 1000, rate: 1.2e-3, warmup: 50, cooldown: 1000, unseenNames: 0.85 },
  ],
} as const;
