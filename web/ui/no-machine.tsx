// The empty face of every list of machines: there is none, or none for who may add none.
import type { ComponentChildren } from "preact"
import { words } from "../messages.ts"
import { may } from "../state.ts"
import { Face } from "./faces.tsx"

/** `children` are for who may add a machine. */
export function NoMachine({ children }: { children?: ComponentChildren }) {
	if (!may("machine:enroll")) return <Face icon="server" title={words.fleet.closedTitle} text={words.fleet.closed} />
	return (
		<Face icon="server" title={words.fleet.emptyTitle} text={words.fleet.empty}>
			{children}
		</Face>
	)
}
