// The steps that a resolved loadout is applied by, phase by phase, in the order in which they are done.
import { createHash } from "node:crypto"
import { RUNTIMES } from "../runtimes.ts"
import { fetchBinary } from "./binary.ts"
import { type Layer, MCP_RUNTIMES, type McpServer, PHASE_NAMES, type PhaseName } from "./layer.ts"
import { MCP_SETTINGS } from "./mcp.ts"
import { type Merged, type Said, variablesOf } from "./resolve.ts"
import { skillContents, skillTar } from "./skill.ts"
import { must, readThere, StepFailed, type Target, unpackThere, withEnvironment, writeThere } from "./target.ts"

/** What a step has while it is done. */
export interface Work {
	target: Target
	/** A folder of this machine for what is on its way. */
	draft: string
	/** Values of the loadout's secrets, by variable. */
	secrets: Record<string, string>
	/** Shows a person what a command writes. */
	live: (bytes: Uint8Array) => void
	/** What has been done once in this run, such as reading the package lists. */
	once: Set<string>
}

export interface Step {
	/** What it is called in what is kept of it; another loadout's same step has the same. */
	key: string
	/** For a person. */
	does: string
	from: string
	/** Whether only the administrator can do it. */
	needsRoot: boolean
	/** Whether it changes nothing but files of the home directory. */
	isHome: boolean
	/** Changes when the step is to be done again; null where it always is. */
	fingerprint(): Promise<string | null>
	/** Throws StepFailed. Answers with what was installed, where that is more exact than what was asked for. */
	do(work: Work): Promise<string | undefined>
}

export interface Phase {
	name: PhaseName
	isCore: boolean
	steps: Step[]
}

/** Phases that have something to do. */
export function phasesOf(merged: Merged): Phase[] {
	const steps: Record<PhaseName, Step[]> = {
		packages: [...merged.apt.values()].map(aptStep),
		tools: [
			...[...merged.npm.values()].map(({ value, from }) => npmStep(`npm:${nameOf(value, "@")}`, value, from)),
			...[...merged.pip.values()].map(({ value, from }) => pipStep(`pip:${nameOf(value, "==")}`, value, from)),
			...[...merged.binaries.values()].map(binaryStep),
		],
		runtimes: [...merged.runtimes.values()].map(runtimeStep),
		files: [...merged.files.values()].map(fileStep),
		skills: [...merged.skills.values()].map(skillStep),
		mcp: [...merged.mcp].flatMap(([name, said]) => mcpSteps(name, said, merged)),
		commands: [...merged.commands.values()].map((said) => commandStep(said, merged)),
	}
	const phases = PHASE_NAMES.map((name) => ({ name, isCore: merged.core[name], steps: steps[name] }))
	return phases.filter((phase) => phase.steps.length > 0)
}

function aptStep({ value, from }: Said<string>): Step {
	const [name = "", version] = value.split("=")
	return {
		key: `apt:${name}`,
		does: `apt ${value}`,
		from,
		needsRoot: true,
		isHome: false,
		fingerprint: async () => printOf(value),
		async do({ target, live, once }) {
			const installed = await aptVersion(target, name)
			if (installed !== null && (version === undefined || installed === version)) return installed
			if (target.asRoot === null) throw new StepFailed(needsRoot(target, value))
			const apt = (...words: string[]) => {
				const argv = [
					"env",
					"DEBIAN_FRONTEND=noninteractive",
					"apt-get",
					"-q",
					"-o",
					"DPkg::Lock::Timeout=300",
					...words,
				]
				return must(target.run([...(target.asRoot ?? []), ...argv], { live }), `apt-get ${words[0]}`)
			}
			if (!once.has("apt")) {
				// What a run that was killed has left half configured.
				await target.run([...target.asRoot, "dpkg", "--configure", "-a"], { live })
				await apt("update")
				once.add("apt")
			}
			const keeping = ["-o", "Dpkg::Options::=--force-confold", "-o", "Dpkg::Options::=--force-confdef"]
			await apt("install", "-y", "--no-install-recommends", "--allow-downgrades", ...keeping, "--", value)
			return (await aptVersion(target, name)) ?? undefined
		},
	}
}

/** Null where it is not installed. */
async function aptVersion(target: Target, name: string): Promise<string | null> {
	// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own words.
	const ran = await target.run(["dpkg-query", "-W", "-f=${db:Status-Abbrev}|${Version}\n", "--", name])
	if (ran.code === 126 || ran.code === 127)
		throw new StepFailed("There is no apt there: only Debian and what is made from it has these packages.")
	return /^ii \|(.+)$/m.exec(ran.output.toString())?.[1] ?? null
}

/** Why a step is refused where nobody may be the administrator, and what to do. */
export function needsRoot({ is }: Target, ...packages: string[]): string {
	const remedy =
		packages.length > 0
			? `Run once: sudo apt-get install -y ${packages.join(" ")}; then apply it again.`
			: `Apply it as root, or to a container or VM.`
	return `Only root may do this on the ${is}. ${remedy}`
}

function npmStep(key: string, value: string, from: string, does = `npm ${value}`): Step {
	return {
		key,
		does,
		from,
		needsRoot: false,
		isHome: false,
		fingerprint: async () => printOf(value),
		async do({ target, live }) {
			await mustHave(target, "npm", "add nodejs and npm to tools: apt:")
			const npm = [
				"npm",
				"install",
				"--global",
				"--prefix",
				target.prefix,
				"--no-fund",
				"--no-audit",
				"--no-update-notifier",
				"--loglevel=error",
			]
			await must(target.run([...(target.asRoot ?? []), ...npm, "--", value], { live }), "npm")
			return undefined
		},
	}
}

function pipStep(key: string, value: string, from: string, does = `pip ${value}`): Step {
	return {
		key,
		does,
		from,
		needsRoot: false,
		isHome: false,
		fingerprint: async () => printOf(value),
		async do({ target, live }) {
			await mustHave(target, "pipx", "add pipx to tools: apt:")
			const where = target.is === "host" ? [] : ["env", "PIPX_HOME=/opt/pipx", `PIPX_BIN_DIR=${target.prefix}/bin`]
			await must(
				target.run([...(target.asRoot ?? []), ...where, "pipx", "install", "--force", value], { live }),
				"pipx",
			)
			return undefined
		},
	}
}

async function mustHave(target: Target, program: string, remedy: string): Promise<void> {
	const { code } = await target.run(["sh", "-c", 'command -v "$1"', "sh", program])
	if (code !== 0) throw new StepFailed(`There is no ${program} there: ${remedy}.`)
}

function binaryStep({ value, from }: Said<Layer["tools"]["binaries"][number]>): Step {
	return {
		key: `binary:${value.name}`,
		does: `${value.name} from ${new URL(value.url).host}`,
		from,
		needsRoot: false,
		isHome: false,
		fingerprint: async () => printOf(value),
		async do({ target, draft, live }) {
			const bytes = await fetchBinary(value, draft, live)
			const path = `${target.prefix}/bin/${value.name}`
			const asRoot = target.asRoot ?? []
			const within = target.is === "host" ? target.home : target.prefix
			await writeThere(target, { path, bytes, mode: "0755", within, asRoot })
			return undefined
		},
	}
}

function runtimeStep({ value, from }: Said<string>): Step {
	const [id = "", version = ""] = value.split("@")
	const pack = RUNTIMES.find((runtime) => runtime.id === id)?.package
	if (pack === undefined || pack === null) throw new Error(`invariant: ${id} has a package`)
	return pack.by === "npm"
		? npmStep(`runtime:${id}`, `${pack.name}@${version}`, from, `${id} ${version}`)
		: pipStep(`runtime:${id}`, `${pack.name}==${version}`, from, `${id} ${version}`)
}

function fileStep({ value, from }: Said<Layer["files"][number]>): Step {
	const { path, content, secret } = value
	const isHome = path.startsWith("~/")
	const mode = value.mode ?? (secret === undefined ? "0644" : "0600")
	return {
		key: `file:${path}`,
		does: secret === undefined ? `write ${path}` : `write ${path} from the secret ${secret}`,
		from,
		needsRoot: !isHome,
		isHome,
		// A secret's value is kept nowhere, so that it cannot be compared either.
		fingerprint: async () => (secret === undefined ? printOf({ path, content, mode }) : null),
		async do({ target, secrets }) {
			if (!isHome && target.asRoot === null) throw new StepFailed(needsRoot(target))
			const bytes = Buffer.from(secret === undefined ? (content ?? "") : secretValue(secrets, secret))
			const asRoot = isHome ? [] : (target.asRoot ?? [])
			const within = isHome ? target.home : (/^(\/etc|\/opt|\/usr\/local)/.exec(path)?.[0] ?? "/etc")
			const whole = isHome ? target.home + path.slice(1) : path
			await writeThere(target, { path: whole, bytes, mode, within, asRoot, keeps: secret === undefined })
			return undefined
		},
	}
}

function secretValue(secrets: Record<string, string>, variable: string): string {
	const value = secrets[variable]
	if (value === undefined) throw new StepFailed(`The secret in ${variable} did not come with this job.`)
	return value
}

function skillStep({ value, from }: Said<Layer["skills"][number]>): Step {
	const where = value.git === undefined ? value.folder : `${value.git} at ${value.commit?.slice(0, 12)}`
	return {
		key: `skill:${value.name}`,
		does: `skill ${value.name} from ${where}`,
		from,
		needsRoot: false,
		isHome: true,
		fingerprint: async () => printOf([value, await skillContents(value)]),
		async do({ target, draft }) {
			await mustHave(target, "tar", "add tar to tools: apt:")
			const path = `${target.home}/.claude/skills/${value.name}`
			await unpackThere(target, { path, within: target.home, tar: await skillTar(value, draft), mark: from })
			return undefined
		},
	}
}

function mcpSteps(name: string, { value, from }: Said<McpServer>, { runtimes }: Merged): Step[] {
	const installed = MCP_RUNTIMES.filter((id) => runtimes.has(id))
	const chosen = value.for ?? (installed.length > 0 ? installed : MCP_RUNTIMES)
	return chosen.map((runtime) => {
		const settings = MCP_SETTINGS[runtime]
		return {
			key: `mcp:${runtime}:${name}`,
			does: `${name} for ${runtime}, in ~/${settings.path}`,
			from,
			needsRoot: false,
			isHome: true,
			fingerprint: async () => printOf([settings.path, value]),
			async do({ target }) {
				const path = `${target.home}/${settings.path}`
				const before = (await readThere(target, path, { within: target.home }))?.toString() ?? ""
				const bytes = Buffer.from(settings.with(before, name, value))
				await writeThere(target, { path, bytes, mode: "0600", within: target.home, keeps: true })
				return undefined
			},
		}
	})
}

function commandStep({ value, from }: Said<Layer["commands"][number]>, merged: Merged): Step {
	const { name, run, sh, root, secrets: variables } = value
	const literal = variablesOf(merged)
	return {
		key: `command:${name}`,
		does: name,
		from,
		needsRoot: root,
		isHome: false,
		fingerprint: async () => printOf([run ?? sh, root, variables, literal]),
		async do({ target, secrets, live }) {
			if (root && target.asRoot === null) throw new StepFailed(needsRoot(target))
			const given = {
				HOME: target.home,
				PATH: `${target.prefix}/bin:${target.path}`,
				...literal,
				...Object.fromEntries(variables.map((variable) => [variable, secretValue(secrets, variable)])),
			}
			const { argv, input } = withEnvironment(run ?? ["sh", "-eu", "-c", sh ?? ""], given)
			await must(target.run([...(root ? (target.asRoot ?? []) : []), ...argv], { input, live }), "It")
			return undefined
		},
	}
}

function nameOf(value: string, sign: string): string {
	return value.slice(0, value.lastIndexOf(sign))
}

function printOf(value: unknown): string {
	return createHash("sha256").update(JSON.stringify(value)).digest("hex")
}
