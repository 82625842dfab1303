// Says that the network or the control plane is gone, wherever one looks.
import { words } from "../messages.ts"
import { reachable } from "../state.ts"
import { Icon } from "./icon.tsx"

export function Banner() {
	if (reachable.value) return null
	return (
		<p class="banner bad" role="status">
			<Icon name="unplug" />
			{navigator.onLine ? words.noAnswer : words.offline}
		</p>
	)
}
