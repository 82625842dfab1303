// How much harm an answer could do: low is only what is understood and known to do little.
import type { Attention, Choice, Risk } from "../../protocol/attention.ts"
import { around, everyCommand, type Words } from "./command.ts"
import { isWithin } from "./pattern.ts"

/** Of giving leave once, or of answering. */
export function riskOf({ kind, subject }: Pick<Attention, "kind" | "subject">, cwd: string): Risk {
	if (kind === "secret") return "high"
	if (kind !== "approval") return "low"
	if (subject === null || !subject.isWhole) return "high"
	if (subject.is === "file") return isOrdinaryFile(subject.text, cwd) ? "low" : "high"
	if (subject.is !== "command") return "high"
	const { commands, isUnderstood } = everyCommand(subject.text)
	if (!isUnderstood || commands.length === 0) return "high"
	const { files, setsVariables } = around(subject.text)
	const isOrdinary =
		commands.every((words) => isOrdinaryCommand(words) && words.slice(1).every((word) => isOrdinaryWord(word, cwd))) &&
		files.every((file) => file !== null && isOrdinaryFile(file, cwd))
	return isOrdinary && !setsVariables ? "low" : "high"
}

/** Of this answer: a no does none, and leave from now on is leave for what nobody has seen. */
export function riskOfAnswer(item: Pick<Attention, "options"> & { risk: Risk }, choice: Choice): Risk {
	if (choice.is === "text") return item.risk
	const means = item.options.find(({ label }) => label === choice.label)?.means
	if (means === "no") return "low"
	return means === "always" ? "high" : item.risk
}

function isOrdinaryCommand([name, ...args]: Words): boolean {
	if (name === null || name === undefined) return false
	if (READERS.has(name)) return true
	const verbs = BY_VERB[name]
	const verb = args.find((arg) => arg !== null && !arg.startsWith("-")) ?? null
	// Before the verb options can lead elsewhere, or set what runs: `git -c alias.log=!rm log`.
	return verbs !== undefined && verb !== null && args[0] === verb && verbs.includes(verb) && !args.some(isFarReaching)
}

/** Options that write, run or send where one would not think so. */
function isFarReaching(arg: string | null): boolean {
	return arg === null || FAR_REACHING.test(arg)
}

function isOrdinaryWord(word: string | null, cwd: string): boolean {
	if (word === null) return false
	if (SENSITIVE.test(word)) return false
	const place = word.replace(/^--?[\w-]+=/, "")
	if (!place.startsWith("/") && !place.startsWith("~") && !/(^|\/)\.\.(\/|$)/.test(place)) return true
	return isWithin(place, cwd) === true
}

function isOrdinaryFile(path: string, cwd: string): boolean {
	// What runs by itself later is no ordinary file.
	const runsLater =
		/(^|\/)(\.git|\.github|\.husky|\.vscode|\.claude|\.codex|\.gemini|\.envrc|\.npmrc|package\.json)(\/|$)/
	return isWithin(path, cwd) === true && !SENSITIVE.test(path) && !runsLater.test(path)
}

/** They print what there is. */
const READERS = new Set([
	...["ls", "cat", "head", "tail", "wc", "pwd", "echo", "printf", "true", "false", "date", "whoami", "which", "type"],
	...["grep", "egrep", "fgrep", "cut", "uniq", "tr", "diff", "cmp", "stat", "file", "du", "df", "tree", "basename"],
	...["dirname", "realpath", "nl", "column", "jq", "uname", "sleep", "cd", "test", "["],
])

/** They do little by these of their verbs: look, build and test in the working directory. */
const BY_VERB: Record<string, readonly string[] | undefined> = {
	git: ["status", "diff", "log", "show", "blame", "rev-parse", "ls-files", "describe", "add", "shortlog"],
	npm: ["test", "t", "ls", "outdated", "view"],
	pnpm: ["test", "t", "ls", "outdated"],
	yarn: ["test", "why"],
	cargo: ["build", "check", "test", "clippy", "fmt", "doc", "tree"],
	go: ["build", "test", "vet", "list", "version"],
}

const FAR_REACHING =
	/^(-o|--output|--open-files-in-pager|--ext-diff|--exec|--upload-pack|--config|-c|-C|--prefix|--script-shell|--target-dir|--manifest-path|-exec|-toolexec|--textconv)(=|$)/

/** Names of what opens doors. */
const SENSITIVE =
	/(^|[/=:@])(\.env(\.|$)|\.ssh|\.aws|\.gnupg|\.kube|\.netrc|\.docker|\.pgpass|id_(rsa|dsa|ecdsa|ed25519)|shadow|passwd|sudoers|authorized_keys)|\.(pem|key|p12|pfx|keystore)$|credential|secret|token|password|\/proc\/|\/dev\/(?!null)|\/sys\//i
