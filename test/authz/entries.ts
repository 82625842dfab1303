// What the matrix knows of each route: who may, said a second time; what it is about; a request that whoever may is let do.
import { createECDH, randomBytes } from "node:crypto"
import type { RefusalCode } from "../../protocol/errors.ts"
import { newChannelId, newDestinationId, newSessionId } from "../../protocol/ids.ts"
import type { Action } from "../../protocol/roles.ts"
import type { Permission } from "../../protocol/route.ts"
import type { Answer, JsonRouteName, Request, RouteName } from "../../protocol/routes.ts"
import { signSignInLink } from "../../protocol/sign-in-link.ts"
import type { Caller } from "./callers.ts"
import { type Home, SIGN_IN_KEY } from "./home.ts"
import { ROLE_TABLE } from "./role-table.ts"
import { dialToken, newKeys, PLATFORM, type Things } from "./world.ts"

/** Of the workspace, or of one person alone. Who may not see one is told that there is none. */
export type Thing =
	| "workspace"
	| "machine"
	| "request"
	| "member"
	| "invitation"
	| "secret"
	| "token"
	| "passkey"
	| "signIn"

export type Entry<N extends RouteName = RouteName> = {
	may: Permission
	/** Things that must be there for it. */
	about?: readonly Thing[]
	/** What whoever is let in is told where the world is as it is here; "done" where it is not said. */
	told?: RefusalCode
	/** Whether the machine's object must know of the machine, as it does since the machine was enrolled. */
	isKnown?: boolean
	/** What some are told instead, of those whom the table lets in. */
	but?: (caller: Caller) => RefusalCode | "done" | undefined
} & (unknown extends Request<N>
	? unknown
	: { request: (things: Things, home: Home) => Request<N> | Promise<Request<N>> })

const ofMachine = ({ machine }: Things) => ({ params: { machine } })
const ofSession = ({ machine, session }: Things) => ({ params: { machine, session } })
const ofLoadout = ({ machine }: Things) => ({ params: { machine, loadout: "one" } })
const ofProfile = ({ machine }: Things) => ({ params: { machine, profile: "one" } })
const ofRequest = ({ request }: Things) => ({ params: { request } })
const ofChannel = () => ({ params: { channel: newChannelId() } })
const ofDestination = () => ({ params: { destination: newDestinationId() } })
const ofSecret = ({ secret }: Things) => ({ params: { secret } })
const github = () => ({ params: { provider: "github" as const } })
const publicKey = () => randomBytes(32).toString("base64url")

/** No machine is linked here: it is asked, and does not answer. */
const ASKED = { about: ["machine"], told: "machine_offline" } as const
/** What waited for a person here does so no more. */
const OVER = { about: ["request"], told: "request_gone" } as const

export const ENTRIES: { [N in RouteName]: Entry<N> } = {
	health: { may: "anybody" },

	listInbox: { may: "session:watch" },
	listAttention: { may: "session:watch", request: () => ({ query: {} }) },
	showRequest: { may: "session:watch", about: ["request"], request: ofRequest },
	answerRequest: {
		may: "session:type",
		...OVER,
		request: (things) => ({ ...ofRequest(things), body: { choice: { is: "option", label: "Yes" } } }),
	},
	dismissRequest: { may: "session:type", ...OVER, request: ofRequest },
	notify: { may: "session:type", ...ASKED, request: (things) => ({ ...ofSession(things), body: { text: "Look" } }) },
	readPolicy: { may: "workspace:read" },
	writePolicy: { may: "policy:manage", request: () => ({ body: { policy: {} } }) },
	tryPolicy: { may: "workspace:read", request: () => ({ body: { rules: [], command: "ls" } }) },

	listChannels: { may: "workspace:read" },
	connectChannel: {
		may: "channel:manage",
		told: "channel_failed",
		request: () => ({ body: { credentials: { is: "telegram", token: `1:${"x".repeat(35)}` } } }),
	},
	removeChannel: { may: "channel:manage", told: "not_found", request: ofChannel },
	testChannel: { may: "channel:manage", told: "not_found", request: ofChannel },
	signInChannel: { may: "channel:manage", told: "not_found", request: () => ({ ...ofChannel(), body: {} }) },
	pairChat: { may: "workspace:read", told: "not_found", request: ofChannel },
	listDestinations: { may: "workspace:read" },
	changeDestination: { may: "workspace:read", told: "not_found", request: () => ({ ...ofDestination(), body: {} }) },
	removeDestination: { may: "workspace:read", told: "not_found", request: ofDestination },
	testDestination: { may: "workspace:read", told: "not_found", request: ofDestination },
	readPushKey: { may: "workspace:read" },
	subscribePush: {
		may: "workspace:read",
		request: ({ unique }) => ({
			body: {
				name: "Browser",
				endpoint: `https://push.example/${unique}`,
				p256dh: createECDH("prime256v1").generateKeys("base64url"),
				auth: randomBytes(16).toString("base64url"),
				settings: { showsContent: false },
			},
		}),
	},
	telegramHook: { may: "anybody", told: "not_found", request: ofChannel },
	checkWechatHook: { may: "anybody", told: "not_found", request: ofChannel },
	wechatHook: { may: "anybody", told: "not_found", request: ofChannel },

	installScript: { may: "anybody" },

	listSignInMethods: { may: "anybody" },
	signIn: { may: "anybody", request: async () => ({ body: { token: await signSignInLink(SIGN_IN_KEY, Date.now()) } }) },
	// Said wrongly: a password takes a tenth of a second to hash, whoever asks.
	signInByPassword: {
		may: "anybody",
		told: "invalid_request",
		request: () => ({ body: { email: "nobody", password: "" } }),
	},
	offerPasskey: { may: "anybody" },
	signInByPasskey: {
		may: "anybody",
		told: "credentials_wrong",
		request: ({ unique }) => ({ body: { response: { id: unique } } }),
	},
	startProviderSignIn: { may: "anybody", request: () => ({ ...github(), body: {} }) },
	finishProviderSignIn: { may: "anybody", request: github },
	signInByRecoveryCode: {
		may: "anybody",
		told: "credentials_wrong",
		request: ({ unique }) => ({ body: { email: `${unique}@people.example`, code: unique } }),
	},
	signOut: { may: "anybody" },
	showInvitation: { may: "anybody", request: ({ invitationToken }) => ({ body: { token: invitationToken } }) },
	acceptInvitation: {
		may: "anybody",
		request: ({ invitationToken, unique }) => ({
			body: { token: invitationToken, name: "New", email: `${unique}@people.example` },
		}),
	},

	showAccount: { may: "person" },
	updateAccount: { may: "person", request: () => ({ body: { name: "Renamed" } }) },
	setPassword: { may: "person", request: () => ({ body: { password: "a long enough password" } }) },
	listPasskeys: { may: "person" },
	offerNewPasskey: { may: "person" },
	addPasskey: {
		may: "person",
		told: "credentials_wrong",
		request: ({ unique }) => ({ body: { name: "key", response: { id: unique } } }),
	},
	removePasskey: { may: "person", about: ["passkey"], request: ({ passkey }) => ({ params: { passkey } }) },
	linkProvider: { may: "person", request: github },
	unlinkProvider: { may: "person", request: github },
	makeRecoveryCodes: { may: "person" },
	listSignIns: { may: "person" },
	endSignIn: { may: "person", about: ["signIn"], request: ({ signIn }) => ({ params: { signIn } }) },
	listWorkspaces: { may: "person" },
	createWorkspace: { may: "person", request: ({ unique }) => ({ body: { name: unique } }) },

	me: { may: "workspace:read" },
	feed: { may: "workspace:read" },
	updateWorkspace: { may: "workspace:manage", request: () => ({ body: { name: "Renamed" } }) },
	removeWorkspace: {
		may: "workspace:manage",
		request: ({ workspace: { name } }) => ({ query: { name } }),
		// Another workspace has another name.
		but: ({ isHere }) => (isHere ? undefined : "invalid_request"),
	},
	leaveWorkspace: { may: "workspace:leave", but: ({ isHere }) => (isHere ? undefined : "last_owner") },
	listMembers: { may: "workspace:read" },
	changeMember: {
		may: "people:manage",
		about: ["member"],
		request: ({ member }) => ({ params: { member }, body: { role: "guest" } }),
	},
	removeMember: { may: "people:manage", about: ["member"], request: ({ member }) => ({ params: { member } }) },
	listInvitations: { may: "people:manage" },
	createInvitation: { may: "people:manage", request: () => ({ body: { role: "guest" } }) },
	revokeInvitation: {
		may: "people:manage",
		about: ["invitation"],
		request: ({ invitation }) => ({ params: { invitation } }),
	},

	listTokens: { may: "token:manage" },
	createToken: { may: "token:manage", request: () => ({ body: { name: "new" } }) },
	revokeToken: { may: "token:manage", about: ["token"], request: ({ token }) => ({ params: { token } }) },
	startDevice: { may: "anybody", request: () => ({ body: { request: { is: "login", name: "terminal" } } }) },
	pollDevice: {
		may: "anybody",
		request: async (_, home) => ({ body: { deviceCode: (await startDevice(home)).deviceCode } }),
	},
	showDevice: {
		may: "person",
		request: async (_, home) => ({ body: { userCode: (await startDevice(home)).userCode } }),
	},
	decideDevice: {
		may: "person",
		about: ["workspace"],
		request: async ({ workspace }, home) => ({
			body: { userCode: (await startDevice(home)).userCode, workspace: workspace.id, approve: true },
		}),
		// What the device gets is a token, which is for them to make who may.
		but: (who) => (mayBy(who, "token:manage") ? undefined : "not_allowed"),
	},

	createEnrollment: { may: "machine:enroll" },
	enroll: {
		may: "anybody",
		request: ({ enrollmentCode }) => ({
			body: { code: enrollmentCode, publicKey: publicKey(), name: "new", platform: PLATFORM },
		}),
	},
	link: { may: "machine", isKnown: true },
	rotateKey: {
		may: "machine",
		request: async ({ machine }) => {
			const keys = await newKeys()
			return { body: { publicKey: keys.publicKey, proof: await dialToken(machine, keys) } }
		},
	},
	listMachines: { may: "machine:read" },
	changeMachine: {
		may: "machine:manage",
		about: ["machine"],
		isKnown: true,
		request: (things) => ({ ...ofMachine(things), body: { name: "renamed" } }),
	},
	removeMachine: { may: "machine:manage", about: ["machine"], request: ofMachine },
	listAttachments: {
		may: "machine:read",
		about: ["machine"],
		request: ofMachine,
		// Who has not enrolled the machine themselves needs to be somebody who may read the trail.
		but: (who) => (mayBy(who, "audit:read") ? undefined : "not_allowed"),
	},
	view: { may: "session:watch", about: ["machine"], isKnown: true, request: ofMachine },
	ping: { may: "machine:read", ...ASKED, request: ofMachine },
	listRuntimes: { may: "machine:read", ...ASKED, request: ofMachine },
	listFolders: { may: "session:start", ...ASKED, request: (things) => ({ ...ofMachine(things), query: {} }) },

	listSessions: { may: "session:watch" },
	startSession: {
		may: "session:start",
		...ASKED,
		request: (things) => ({ ...ofMachine(things), body: { id: newSessionId() } }),
	},
	changeSession: {
		may: "session:start",
		...ASKED,
		request: (things) => ({ ...ofSession(things), body: { name: "renamed" } }),
	},
	restartSession: { may: "session:start", ...ASKED, request: (things) => ({ ...ofSession(things), body: {} }) },
	returnSession: { may: "machine", told: "machine_offline", request: ({ session }) => ({ params: { session } }) },
	cloneSession: {
		may: "session:start",
		...ASKED,
		request: (things) => ({ ...ofSession(things), body: { id: newSessionId() } }),
	},
	removeSession: { may: "session:end", about: ["machine"], told: "session_not_found", request: ofSession },
	signalSession: { may: "session:end", ...ASKED, request: (things) => ({ ...ofSession(things), body: {} }) },
	sendInput: { may: "session:type", ...ASKED, request: (things) => ({ ...ofSession(things), body: { text: "x" } }) },
	readScreen: { may: "session:watch", ...ASKED, request: ofSession },
	readDiff: { may: "session:watch", ...ASKED, request: ofSession },
	listDenied: { may: "session:watch", ...ASKED, request: ofSession },
	readFile: { may: "session:type", ...ASKED, request: (things) => ({ ...ofSession(things), query: { path: "a" } }) },
	writeFile: {
		may: "session:type",
		...ASKED,
		request: (things) => ({ ...ofSession(things), body: { path: "a", at: 0, base64: "", isLast: true } }),
	},
	readLog: { may: "session:watch", ...ASKED, request: (things) => ({ ...ofSession(things), query: {} }) },

	listSubstrates: { may: "machine:read", ...ASKED, request: (things) => ({ ...ofMachine(things), query: {} }) },
	configureMachine: {
		may: "machine:manage",
		...ASKED,
		request: (things) => ({ ...ofMachine(things), body: { substrate: null } }),
	},
	readUsage: { may: "machine:read", ...ASKED, request: ofMachine },
	listVms: { may: "machine:read", ...ASKED, request: ofMachine },
	changeVm: {
		may: "vm:manage",
		...ASKED,
		request: ({ machine }) => ({ params: { machine, vm: "one" }, body: { deed: { verb: "start" } } }),
	},
	listLoadouts: { may: "machine:read", ...ASKED, request: ofMachine },
	readLoadout: { may: "machine:read", ...ASKED, request: ofLoadout },
	saveLoadout: { may: "machine:manage", ...ASKED, request: (things) => ({ ...ofLoadout(things), body: { text: "" } }) },
	removeLoadout: { may: "machine:manage", ...ASKED, request: ofLoadout },
	listProfiles: { may: "machine:read", ...ASKED, request: ofMachine },
	saveProfile: {
		may: "machine:manage",
		...ASKED,
		request: (things) => ({ ...ofProfile(things), body: { label: "Mine", program: "mine" } }),
	},
	removeProfile: { may: "machine:manage", ...ASKED, request: ofProfile },

	listSecrets: { may: "secret:read" },
	saveSecret: { may: "secret:manage", request: (things) => ({ ...ofSecret(things), body: { value: "value" } }) },
	bindSecret: {
		may: "secret:manage",
		about: ["secret"],
		request: (things) => ({ ...ofSecret(things), body: { runtimes: ["shell"] } }),
	},
	removeSecret: { may: "secret:manage", about: ["secret"], request: ofSecret },
	checkSecret: { may: "secret:manage", about: ["secret"], told: "secret_unreadable", request: ofSecret },
	resealSecrets: {
		may: "secret:manage",
		told: "secret_unreadable",
		but: ({ isHere }) => (isHere ? undefined : "done"),
	},

	listAudit: { may: "audit:read", request: () => ({ query: {} }) },
	exportAudit: { may: "audit:read" },
	showAuditHead: { may: "audit:read" },
}

/** Whether role and token allow something that the route's own row does not ask for. */
function mayBy({ role, actions }: Caller, action: Action): boolean {
	return role !== null && ROLE_TABLE[action].includes(role) && (actions?.includes(action) ?? true)
}

/** A device that waits for a person. */
async function startDevice(home: Home): Promise<Answer<"startDevice" & JsonRouteName>> {
	const response = await home.post("/api/device", { request: { is: "login", name: "terminal" } })
	return (await response.json()) as Answer<"startDevice">
}
