// An address that leads nowhere.
import { words } from "../messages.ts"
import { FLEET } from "../navigation.ts"
import { Face } from "../ui/faces.tsx"
import { Shell } from "../ui/shell.tsx"

export function NotFound() {
	return (
		<Shell title={words.notFound.title}>
			<Face icon="circle-alert" title={words.notFound.title} text={words.notFound.text}>
				<a class="button" href={FLEET}>
					{words.session.toFleet}
				</a>
			</Face>
		</Shell>
	)
}
