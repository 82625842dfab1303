// A home with people in it, for attacks: one workspace with a member of each role, and an owner of another.
import type { Home } from "./home.ts"
import { OWN_PAGE } from "./home.ts"
import { Rows } from "./rows.ts"
import { type Person, type Things, World } from "./world.ts"

export interface Somebody extends Person {
	/** What their browser sends from a page of this home. */
	page: Record<string, string>
	/** What their program sends. */
	program: Record<string, string>
}

export interface Town {
	things: Things
	guest: Somebody
	developer: Somebody
	maintainer: Somebody
	owner: Somebody
	/** Owner of another workspace, member of nothing here. */
	stranger: Somebody & { workspace: string }
}

/** Settles new people. `more` may add to the world before it is there. */
export async function settle(home: Home, more: (world: World) => void = () => {}): Promise<Town> {
	const rows = new Rows()
	const world = new World(rows)
	const [guest, developer, maintainer, owner] = [
		world.addMember("guest"),
		world.addMember("developer"),
		world.addMember("maintainer"),
		world.addMember("owner"),
	]
	const stranger = world.addPerson()
	const workspace = world.addWorkspace()
	world.join(stranger.id, "owner", workspace)
	const theirs = world.addToken(stranger.id, { workspaceId: workspace })
	more(world)
	await rows.insert(home.db)
	return {
		things: world.things,
		guest: somebody(guest),
		developer: somebody(developer),
		maintainer: somebody(maintainer),
		owner: somebody(owner),
		stranger: { ...somebody({ ...stranger, token: theirs.id, secret: theirs.secret }), workspace },
	}
}

function somebody(person: Person): Somebody {
	return {
		...person,
		page: { cookie: person.cookie, ...OWN_PAGE },
		program: { authorization: `Bearer ${person.secret}` },
	}
}
