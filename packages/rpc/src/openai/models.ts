import type { InferenceService, ServedModel } from "@hyperion/inference";
import { data } from "../hex.ts";

/** When a model was made is not known; its root says more. */
const describe = ({ name, root }: ServedModel): object => ({
  id: name,
  object: "model",
  created: 0,
  owned_by: "hyperion",
  root: data(root),
});

/** GET /v1/models. */
export const listModels = (service: InferenceService): object => ({
  object: "list",
  data: service.models.map(describe),
});

/** GET /v1/models/{model}, by name or root. Throws `RequestError`. */
export const describeModel = (service: InferenceService, name: string): object => describe(service.find(name));
