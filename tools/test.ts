// All tests, after what they need has been installed and built; the last line counts them.
import { spawn } from "node:child_process"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join, relative } from "node:path"
import { build } from "./build.ts"
import { ROOT } from "./root.ts"
import { installSystemTools } from "./system-tools.ts"

const RESULTS = join(ROOT, "test/results")
/** A run that hangs must still end with a count. */
const RUN_MS = 24 * 60_000

interface Count {
	passed: number
	/** A line for each failure. */
	failed: string[]
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
	const counts = [await runTests("node", "vitest.config.ts"), await runTests("edge", "test/edge/vitest.config.ts")]
	const total = counts.reduce((sum, count) => ({
		passed: sum.passed + count.passed,
		failed: [...sum.failed, ...count.failed],
		skipped: sum.skipped + count.skipped,
	}))
	for (const line of total.failed) console.log(`failed: ${line}`)
	if (total.skipped > 0) console.log(`${total.skipped} skipped`)
	console.log(`${total.passed} passed, ${total.failed.length} failed`)
	return total.failed.length === 0 && total.passed > 0 ? 0 : 1
}

async function runTests(name: string, config: string): Promise<Count> {
	const file = join(RESULTS, `${name}.json`)
	const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", config, "--reporter=default", "--reporter=json"]
	const code = await execute([...vitest, `--outputFile.json=${file}`])
	return countOf(name, file, code)
}

/** Runs Node over the clone; answers its exit code. */
function execute(args: string[]): Promise<number> {
	const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "inherit" })
	const limit = setTimeout(() => child.kill("SIGKILL"), RUN_MS)
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
		return { passed: 0, failed: [`${name}: it left no report (exit code ${code})`], skipped: 0 }
	}
	const failed = report.testResults.flatMap(({ name: path, status, assertionResults }) => {
		const tests = assertionResults.filter((test) => test.status === "failed")
		const isUnloaded = status === "failed" && assertionResults.length === 0
		return [
			...tests.map((test) => `${relative(ROOT, path)}: ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`),
			...(isUnloaded ? [`${relative(ROOT, path)}: it could not be loaded`] : []),
		]
	})
	return {
		passed: report.numPassedTests,
		failed: failed.length === 0 && code !== 0 ? [`${name}: exit code ${code}`] : failed,
		skipped: report.numPendingTests + report.numTodoTests,
	}
}

function firstLine(message = ""): string {
	return message.split("\n", 1)[0] ?? ""
}

process.exitCode = await main()
