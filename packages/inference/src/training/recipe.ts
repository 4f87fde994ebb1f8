/** Everything that determines the default model besides the corpus and the trainer. */
export const RECIPE = {
  seed: 2026,
  shape: { dim: 128, layers: 4, heads: 4, ffn: 256, context: 128, theta: 10_000 },
  /** Sequences per step and the longest sequence used in training, in tokens. */
  batch: 32,
  length: 96,
  steps: 5000,
  warmup: 100,
  rate: 3e-3,
  /** Most names are random letters, so that the model learns to copy instead of to recall. */
  sampling: { heldOutTemplates: false, noise: true, unseenNames: 0.6 },
} as const;
