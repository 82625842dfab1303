// A field for the name of something that is a file's name, too: a VM, a loadout, a profile.
import { NAME_CHARS } from "../../protocol/limits.ts"
import { Field } from "./field.tsx"

interface Props {
	label: string
	hint: string
	readOnly?: boolean
	value: string
	change: (value: string) => void
}

export function LabelField(props: Props) {
	return <Field {...props} isCode required pattern="[a-z0-9][a-z0-9\-]*" maxLength={NAME_CHARS} />
}
