// Every bound of the protocol, each with its reason. Sizes are bytes, times milliseconds.

const KiB = 1024
const MiB = 1024 * KiB

/**
 * What both sides of a socket speak. Raised when an older reader would misunderstand. 2: `start` carries secrets. 3:
 * sessions run in substrates and begin again. 4: machines tell what waits for a person.
 */
export const PROTOCOL_VERSION = 4
/** The oldest that a control plane still takes: it is upgraded first, its machines and pages after it. */
export const OLDEST_VERSION = 1

/** Beats are answered by the platform without waking the object. */
export const HEARTBEAT_MS = 15_000
/** Two missed beats and a slow network mean gone; below the 45 s that we promise. */
export const GONE_AFTER_MS = 40_000
export const PING = "ping"
export const PONG = "pong"

/** Waits between dials: the first at once, then doubling with jitter, for ever. */
export const REDIAL_MIN_MS = 250
export const REDIAL_MAX_MS = 8_000
/** A connector that another one replaced waits this long, so that two with one key do not fight; so does a version too old. */
export const REDIAL_PATIENT_MS = 60_000

/** Input unacknowledged for less than this is sent again after an outage; older input waits for the person. */
export const RESEND_WITHIN_MS = 5_000

/** A viewer whose input is not acknowledged for this long asks again; it must be less than RESEND_WITHIN_MS. */
export const STUCK_AFTER_MS = 2_000

/** Output a channel may have unacknowledged. Larger is faster over long links, smaller is nimbler under a flood. */
export const CREDIT_WINDOW = 128 * KiB
/** Viewers acknowledge at least this often; the window must be at least twice this, or credit could stop for ever. */
export const ACK_EVERY = 32 * KiB
/** A viewer on the shared channel with more than this outstanding is left behind and catches up on its own. */
export const BEHIND_AFTER = 2 * CREDIT_WINDOW
/** A channel that lags by more than this, and has credit, gets a snapshot in place of the bytes. */
export const SKIP_AFTER = 128 * KiB

/** The payload of one output frame: a viewer's terminal parses it within a display frame. */
export const OUTPUT_FRAME_BYTES = 64 * KiB
export const INPUT_FRAME_BYTES = 64 * KiB
/** Input a viewer may have unacknowledged; more is refused in the viewer, before it is sent. */
export const INPUT_UNACKED_BYTES = 8 * MiB
/** Input that the holder keeps for a program that does not read. More is not taken, and so not acknowledged. */
export const INPUT_QUEUE_BYTES = 1 * MiB
/** Written text that the PTY does not take in this time is dropped; less than ASK_TIMEOUT_MS, so that it is told. */
export const WRITE_MS = 10_000
/** A snapshot drops its oldest scrollback until it fits. */
export const SNAPSHOT_BYTES = 8 * MiB
/** The largest snapshot kept for when the machine is away: one row of the object's storage holds 2 MB. */
export const KEPT_SNAPSHOT_BYTES = 1.5 * MiB
/** Any frame on any socket: a snapshot and its header. */
export const FRAME_BYTES = SNAPSHOT_BYTES + 64
/** Any JSON message on any socket. */
export const MESSAGE_BYTES = 2 * MiB

export const SCROLLBACK_LINES = 5_000
/** The tail of a session's output kept on the machine's disk. */
export const LOG_BYTES = 32 * MiB
/** One answer to a request for a part of the log. */
export const LOG_CHUNK_BYTES = 512 * KiB

export const MAX_COLS = 1_000
export const MAX_ROWS = 500
export const SESSIONS_PER_MACHINE = 256
export const VIEWERS_PER_MACHINE = 1_000
export const ATTACHED_PER_VIEWER = 32
/** Viewers whose input the holder counts; the one longest silent is forgotten first. */
export const INPUT_VIEWERS = 1_024
export const NAME_CHARS = 64
/** What one session's allow-list names. */
export const NETWORK_HOSTS = 256
/** One part of a file on its way in or out. */
export const FILE_CHUNK_BYTES = 512 * KiB
/** A diff is for reading; whoever needs more runs git there. */
export const DIFF_BYTES = 1 * MiB
/** A loadout is written by people. */
export const LOADOUT_BYTES = 64 * KiB
export const PATH_CHARS = 4_096
export const ARGV_ITEMS = 256
export const ARGV_CHARS = 64 * KiB

/** A question to a machine that is not answered by then is refused. */
export const ASK_TIMEOUT_MS = 20_000
/** An enrollment code is for typing or pasting now. */
export const ENROLLMENT_MS = 10 * 60_000
/** A machine's dial token covers one dial; the connector corrects its clock by the server's. */
export const DIAL_TOKEN_MS = 60_000
/** A printed sign-in link. */
export const SIGN_IN_LINK_MS = 60 * 60_000
/** While somebody looks at the list, a session's activity is told at most this often. */
export const ACTIVITY_EVERY_MS = 2_000

export const EMAIL_CHARS = 254
/** What NIST asks of a password that is not the only factor; length is what counts. */
export const PASSWORD_MIN_CHARS = 10
export const PASSWORD_CHARS = 128
/** A key file fits; nobody's wallpaper does. */
export const SECRET_BYTES = 16 * KiB
export const SECRETS_PER_WORKSPACE = 256
/** What the link takes in one message beside a start's own environment; no program's environment is near it. */
export const SESSION_SECRETS_CHARS = 512 * KiB
export const TAGS = 16
export const MACHINE_MEMBERS = 64
/** One's own computers and phones; each notification goes to all of them. */
export const BROWSERS_PER_MEMBER = 20
/** A sign-in older than this does not change by what its person signs in: a page left open is not enough. */
export const FRESH_SIGN_IN_MS = 60 * 60_000
/** The first password: without an old one to ask for, only who has just come in may set it. */
export const JUST_SIGNED_IN_MS = 10 * 60_000
export const RECOVERY_CODES = 10
export const INVITATION_MS = 7 * 24 * 60 * 60_000
export const DEVICE_GRANT_MS = 15 * 60_000
/** A code that makes a chat a member's is sent there now. */
export const PAIRING_MS = 10 * 60_000
export const CHANNELS_PER_WORKSPACE = 32
/** Between two polls of the device flow. */
export const DEVICE_POLL_MS = 5_000

/** How often one caller may come in a minute: an address for who is not known, a person or token for who is. */
export const RATES = {
	/** A console with 20 machines and a busy program of one's own stay far below it. */
	api: 1_200,
	/** People mistype; guessing needs thousands. */
	"sign-in": 20,
	/** A rack of machines behind one address. */
	enroll: 60,
	/** Tokens, codes, invitations: each leaves something behind. */
	make: 60,
} as const satisfies Record<string, number>
