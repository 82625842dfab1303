// Before any test: what the tests run is built from the sources as they stand.
import { execFileSync } from "node:child_process"
import { join } from "node:path"

export default function buildAll(): void {
	const root = join(import.meta.dirname, "../..")
	const build = [join(root, "tools/build.ts"), "worker", "connector", "console", "api", "install"]
	execFileSync(join(root, "node_modules/.bin/node"), build, { stdio: "inherit" })
}
