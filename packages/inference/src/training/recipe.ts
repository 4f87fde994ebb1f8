/** Everything that determines the default model besides the corpus and the trainer. */
export const RECIPE = {
  seed: 2026,
  shape: { dim: 128, layers: 4, heads: 4, ffn: 256, context: 128, theta: 10_000 },
  /** Sequences per step and the longest sequence used in training, in tokens. */
  batch: 32,
  length: 96,
  steps: 3200,
  /** Learning rate: steps of its rise, its peak, the step that its smooth fall aims at, and steps of the last fall to 0. */
  warmup: 100,
  rate: 3e-3,
  horizon: 4200,
  cooldown: 700,
  /** Most names are random letters, so that the model learns to copy instead of to recall. */
  sampling: { templates: "training", noise: true, unseenNames: 0.65 },
} as const;
