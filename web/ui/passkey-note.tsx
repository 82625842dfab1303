// Says why there are no passkeys here, and where there are.
import { words } from "../messages.ts"
import { passkeyPlace } from "../passkey-place.ts"

export function PasskeyNote() {
	const place = passkeyPlace()
	if (place.is === "here") return null
	if (place.is === "nowhere") return <p class="dim">{words.passkey.needsTls}</p>
	return (
		<p class="dim">
			{words.passkey.needsName}{" "}
			{place.elsewhere !== null && (
				<>
					{words.passkey.elsewhere}{" "}
					<a class="link" href={place.elsewhere}>
						{new URL(place.elsewhere).origin}
					</a>
				</>
			)}
		</p>
	)
}
