// A link does not say which workspace it is of: the others of this person, to look in.
import { enterAnew } from "../home.ts"
import { words } from "../messages.ts"
import { me, workspaces } from "../state.ts"

export function Elsewhere() {
	const here = me.value.is === "loaded" ? me.value.value.workspace.id : null
	const others = workspaces.value.is === "loaded" ? workspaces.value.value.filter(({ id }) => id !== here) : []
	return others.map(({ id, name }) => (
		<button key={id} type="button" onClick={() => void enterAnew(id)}>
			{words.session.lookIn(name)}
		</button>
	))
}
