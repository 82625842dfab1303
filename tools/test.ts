// All tests, after what they need has been installed and built; the last line counts them.
import { spawn } from "node:child_process"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { build } from "./build.ts"
import { ROOT } from "./root.ts"
import { installSystemTools } from "./system-tools.ts"

const RESULTS = join(ROOT, "test/results")
/** A run that hangs must still end with a count. */
const RUN_MS = 24 * 60_000

interface Count {
	passed: number
	failed: number
	skipped: number
}

/** What of vitest's JSON report is counted. */
interface Report {
	numPassedTests: number
	numFailedTests: number
	numPendingTests: number
	numTodoTests: number
	testResults: { status: string; assertionResults: unknown[] }[]
}

async function main(): Promise<number> {
	installSystemTools()
	await build(["worker", "connector", "console", "api", "install"], console.error)
	rmSync(RESULTS, { recursive: true, force: true })
	mkdirSync(RESULTS, { recursive: true })
	const counts = [await runTests("node", "vitest.config.ts"), await runTests("edge", "test/edge/vitest.config.ts")]
	const total = counts.reduce((sum, count) => ({
		passed: sum.passed + count.passed,
		failed: sum.failed + count.failed,
		skipped: sum.skipped + count.skipped,
	}))
	const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ""
	console.log(`${total.passed} passed, ${total.failed} failed${skipped}`)
	return total.failed === 0 && total.passed > 0 ? 0 : 1
}

async function runTests(name: string, config: string): Promise<Count> {
	const file = join(RESULTS, `${name}.json`)
	const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", config, "--reporter=default", "--reporter=json"]
	const code = await execute([...vitest, `--outputFile.json=${file}`])
	return countOf(file, code)
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
function countOf(file: string, code: number): Count {
	let report: Report
	try {
		report = JSON.parse(readFileSync(file, "utf8")) as Report
	} catch {
		return { passed: 0, failed: 1, skipped: 0 }
	}
	const unloaded = report.testResults.filter(
		({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
	).length
	const failed = report.numFailedTests + unloaded
	return {
		passed: report.numPassedTests,
		failed: failed === 0 && code !== 0 ? 1 : failed,
		skipped: report.numPendingTests + report.numTodoTests,
	}
}

process.exitCode = await main()
