// The service worker, as one classic script at the top of the site: what it may follow are the pages under its own address.
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import type { Plugin } from "vite"

const FILE = "service-worker.js"

export function serviceWorker(): Plugin {
	return {
		name: "service-worker",
		async generateBundle() {
			this.emitFile({ type: "asset", fileName: FILE, source: await bundled() })
		},
		configureServer({ middlewares }) {
			middlewares.use(`/${FILE}`, (_, response, next) => {
				bundled().then((source) => {
					response.setHeader("content-type", "text/javascript")
					response.end(source)
				}, next)
			})
		},
	}
}

async function bundled(): Promise<string> {
	const { outputFiles } = await build({
		entryPoints: [fileURLToPath(new URL("../service-worker/service-worker.ts", import.meta.url))],
		bundle: true,
		write: false,
		format: "iife",
		target: "es2022",
		minify: true,
	})
	return outputFiles.map(({ text }) => text).join("")
}
