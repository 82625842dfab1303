// One icon of the sprite. Never the only carrier of a meaning: words or a label stand beside it.
import type { IconName } from "./icons.ts"

export function Icon({ name }: { name: IconName }) {
	return (
		<svg class="icon" aria-hidden="true">
			<use href={`#icon-${name}`} />
		</svg>
	)
}
