// All tests, after what they need has been installed and built; the last line counts them.
import { spawn } from "node:child_process"
import { mkdirSync, openSync, readFileSync, rmSync } from "node:fs"
import { join, relative } from "node:path"
import { stripVTControlCharacters } from "node:util"
import { build } from "./build.ts"
import { ROOT } from "./root.ts"
import { installSystemTools } from "./system-tools.ts"

const RESULTS = join(ROOT, "test/results")
/** A run that hangs must still end with a count. */
const UNTIL = Date.now() + 24 * 60_000
const NODE = "vitest.config.ts"
const EDGE = "test/edge/vitest.config.ts"

interface Failure {
	/** The file's path in the clone; null where it is of none. */
	file: string | null
	/** What has failed and why, on one line. */
	line: string
}

interface Count {
	passed: number
	failed: Failure[]
	skipped: number
}

/** What of vitest's JSON report is counted. */
interface Report {
	numPassedTests: number
	numPendingTests: number
	numTodoTests: number
	testResults: {
		/** The file's path. */
		name: string
		status: string
		assertionResults: { fullName: string; status: string; failureMessages: string[] | null }[]
	}[]
}

async function main(): Promise<number> {
	installSystemTools()
	await build(["worker", "connector", "console", "api", "install"], console.error)
	rmSync(RESULTS, { recursive: true, force: true })
	mkdirSync(RESULTS, { recursive: true })
	const chosen = process.argv.slice(2)
	const counts = chosen.length > 0 ? await runSome(chosen) : await runAll()
	const total = counts.reduce((sum, count) => ({
		passed: sum.passed + count.passed,
		failed: [...sum.failed, ...count.failed],
		skipped: sum.skipped + count.skipped,
	}))
	const unsteady = await passAlone(total.failed)
	const failed = total.failed.filter((failure) => !unsteady.includes(failure))
	for (const { line } of unsteady) console.log(`unsteady: ${line}`)
	for (const { line } of failed) console.log(`failed: ${line}`)
	if (total.skipped > 0) console.log(`${total.skipped} skipped`)
	console.log(`${total.passed + unsteady.length} passed, ${failed.length} failed`)
	return failed.length === 0 && total.passed > 0 ? 0 : 1
}

async function runAll(): Promise<Count[]> {
	const counts = [await runTests("node", NODE, ["cores", "parts", "commands"])]
	// One file at a time leaves a core free. What the other run says follows when this one has said all.
	const log = join(RESULTS, "edge.log")
	const both = [runTests("whole", NODE, ["whole"]), runTests("edge", EDGE, ["edge", "built"], [], openSync(log, "w"))]
	counts.push(...(await Promise.all(both)))
	process.stdout.write(readFileSync(log))
	return counts
}

/** Those in these files and folders. */
async function runSome(paths: readonly string[]): Promise<Count[]> {
	const isOfEdge = (path: string) => path.startsWith("test/edge")
	const node = paths.filter((path) => !isOfEdge(path))
	const edge = paths.filter(isOfEdge)
	const counts: Count[] = []
	if (node.length > 0) counts.push(await runTests("node", NODE, ["cores", "parts", "commands", "whole"], node))
	if (edge.length > 0) counts.push(await runTests("edge", EDGE, ["edge", "built"], edge))
	return counts
}

/**
 * Those whose file passes whole when it runs once more, with nothing beside it: on a machine that was busy, real systems
 * lose patience with each other. They are told, and more than a few files are no accident.
 */
async function passAlone(failed: readonly Failure[]): Promise<Failure[]> {
	const files = [...new Set(failed.map(({ file }) => file))]
	if (files.length > MOST_UNSTEADY || files.includes(null)) return []
	const passed: (string | null)[] = []
	for (const file of files) {
		if (file === null || EXACT.test(file) || UNTIL - Date.now() < ALONE_MS) continue
		console.log(`Once more, alone: ${file}`)
		const config = file.startsWith("test/edge/") ? EDGE : NODE
		const code = await execute(
			["node_modules/vitest/vitest.mjs", "run", "--config", config, join(ROOT, file)],
			"inherit",
		)
		if (code === 0) passed.push(file)
	}
	return failed.filter(({ file }) => passed.includes(file))
}

const MOST_UNSTEADY = 3
/** What fails here once has failed: dice are thrown, or nothing is waited for. */
const EXACT = /^test\/(chaos|machine|protocol|races)\//
/** What the longest file takes. */
const ALONE_MS = 150_000

async function runTests(
	name: string,
	config: string,
	projects: string[],
	paths: readonly string[] = [],
	output: "inherit" | number = "inherit",
): Promise<Count> {
	const file = join(RESULTS, `${name}.json`)
	const only = projects.map((project) => `--project=${project}`)
	const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`]
	const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", config, ...only, ...reporters, ...paths]
	return countOf(name, file, await execute(vitest, output))
}

/** Runs Node over the clone; answers its exit code. */
function execute(args: string[], output: "inherit" | number): Promise<number> {
	const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["inherit", output, output] })
	const limit = setTimeout(() => child.kill("SIGKILL"), Math.max(0, UNTIL - Date.now()))
	return new Promise((resolve) =>
		child.once("exit", (code) => {
			clearTimeout(limit)
			resolve(code ?? 1)
		}),
	)
}

/** A file that could not be loaded counts as one failure, and so does a run that failed without a failed test. */
function countOf(name: string, file: string, code: number): Count {
	let report: Report
	try {
		report = JSON.parse(readFileSync(file, "utf8")) as Report
	} catch {
		return { passed: 0, failed: [{ file: null, line: `${name}: it left no report (exit code ${code})` }], skipped: 0 }
	}
	const failed = report.testResults.flatMap(({ name: path, status, assertionResults }): Failure[] => {
		const file = relative(ROOT, path)
		const tests = assertionResults.filter((test) => test.status === "failed")
		if (status === "failed" && assertionResults.length === 0) return [{ file, line: `${file}: it could not be loaded` }]
		return tests.map(({ fullName, failureMessages }) => {
			return { file, line: `${file}: ${fullName}: ${onOneLine(failureMessages?.[0])}` }
		})
	})
	return {
		passed: report.numPassedTests,
		failed: failed.length === 0 && code !== 0 ? [{ file: null, line: `${name}: exit code ${code}` }] : failed,
		skipped: report.numPendingTests + report.numTodoTests,
	}
}

/** What was said, without where in the code: that is above. */
function onOneLine(message = ""): string {
	const [said = ""] = message.split(/\n\s+at /, 1)
	return stripVTControlCharacters(said).replaceAll(/\s+/g, " ").slice(0, MOST_SAID)
}

const MOST_SAID = 300

process.exitCode = await main()
