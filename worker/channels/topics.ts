// A topic a session, in groups that have topics: found, or opened where the bot may.
import type { SessionId } from "../../protocol/ids.ts"
import type { DestinationEntry } from "../registry/destinations.ts"
import type { Registry } from "../registry.ts"
import type { Place, Provider } from "./provider.ts"
import { shown } from "./render.ts"

interface By {
	registry: Registry
	provider: Provider
}

/** Where a session is spoken of in this chat; null for the chat itself. */
export async function sessionAddress(
	{ registry, provider }: By,
	destination: DestinationEntry,
	session: { id: SessionId; name: string },
	place: Place,
): Promise<string | null> {
	const { details } = destination
	if (details.isForum !== true || provider.openTopic === undefined) return null
	const known = topicsOf(destination)[session.id]
	if (known !== undefined) return known
	if (details.hasNoTopics === true) return null
	const opened = await provider.openTopic({ ...place, address: destination.address }, shown(session.name))
	// Asked once: whoever gives the bot the right later pairs the group again.
	if (opened === null) await registry.destinations.detail(destination.id, { hasNoTopics: true })
	else await registry.destinations.detail(destination.id, { topics: { [session.id]: opened } })
	return opened
}

function topicsOf({ details }: DestinationEntry): Record<string, string | undefined> {
	const { topics } = details
	return typeof topics === "object" && topics !== null ? (topics as Record<string, string>) : {}
}
