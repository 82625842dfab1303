// Files that a task finds in its inbox: small ones go with its manifest, larger ones are uploaded before.
import { useSignal } from "@preact/signals"
import { INPUTS } from "../../protocol/task.ts"
import { uploadFile } from "../api.ts"
import { toBase64 } from "../base64.ts"
import { words } from "../messages.ts"
import { useRun } from "../run.ts"
import type { ManifestDraft } from "../task-draft.ts"
import { Icon } from "./icon.tsx"

type Input = NonNullable<ManifestDraft["inputs"]>[number]

interface Props {
	inputs: readonly Input[]
	change: (inputs: Input[]) => void
}

/** What base64 makes of more does not fit into a manifest. */
const WITHIN_BYTES = 256_000

export function InputsField({ inputs, change }: Props) {
	const uploading = useSignal("")
	const chosen = useSignal<File[]>([])
	const { problem, run } = useRun(async () => {
		const added: Input[] = []
		for (const file of chosen.value.slice(0, INPUTS)) {
			uploading.value = file.name
			try {
				added.push({ path: file.name, from: await contentOf(file) })
			} finally {
				uploading.value = ""
			}
		}
		const names = new Set(added.map(({ path }) => path))
		change([...inputs.filter(({ path }) => !names.has(path)), ...added])
	})
	return (
		<fieldset class="field inputs">
			<legend>{words.manifest.inputs}</legend>
			{inputs.length > 0 && (
				<ul class="rows">
					{inputs.map((input) => (
						<li key={input.path} class="row">
							<Icon name="paperclip" />
							<span class="mono grow breaks">{input.path}</span>
							<button
								type="button"
								class="quiet square"
								aria-label={words.manifest.removeInput(input.path)}
								title={words.manifest.removeInput(input.path)}
								onClick={() => change(inputs.filter((one) => one !== input))}
							>
								<Icon name="x" />
							</button>
						</li>
					))}
				</ul>
			)}
			<label class="button">
				<Icon name="paperclip" />
				{uploading.value === "" ? words.manifest.chooseInputs : words.manifest.uploading(uploading.value)}
				<input
					type="file"
					multiple
					class="unseen"
					disabled={uploading.value !== ""}
					onChange={({ currentTarget }) => {
						chosen.value = [...(currentTarget.files ?? [])]
						currentTarget.value = ""
						void run()
					}}
				/>
			</label>
			<small class="dim">{words.manifest.inputsHint}</small>
			{problem !== "" && (
				<p class="problem" role="alert">
					{problem}
				</p>
			)}
		</fieldset>
	)
}

async function contentOf(file: File): Promise<Input["from"]> {
	if (file.size <= WITHIN_BYTES) return { is: "content", base64: toBase64(new Uint8Array(await file.arrayBuffer())) }
	const { id } = await uploadFile(file)
	return { is: "upload", id }
}
