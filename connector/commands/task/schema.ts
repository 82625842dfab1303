// `homeport task schema`: the JSON Schema of a manifest's file, for editors.
import * as z from "zod"
import { ManifestFile } from "../../manifest-file.ts"
import { action, verb } from "../../verb.ts"

export function schema() {
	return verb("schema", {
		summary: "print the JSON Schema of a manifest's file; needs no home",
		examples: [["homeport task schema > task.schema.json", "for an editor that completes and checks"]],
	}).action(
		action(async ({ out }) => {
			out.result(z.toJSONSchema(ManifestFile, { io: "input" }), (schema) => JSON.stringify(schema, null, "\t"))
		}),
	)
}
