// How the console is built: to dist/web, and with live reload against a running control plane.
import preact from "@preact/preset-vite"
import { defineConfig } from "vite"
import { policy } from "./build/policy.ts"
import { sprite } from "./build/sprite.ts"

/** Where `vite dev` finds the control plane. */
const HOME = process.env.HOMEPORT_URL ?? "http://127.0.0.1:8480"

export default defineConfig({
	root: import.meta.dirname,
	plugins: [preact({ devToolsEnabled: false }), sprite(), policy()],
	build: {
		outDir: "../dist/web",
		emptyOutDir: true,
		target: "es2024",
		// The licence texts are in the packages; source maps would double what is served.
		sourcemap: false,
	},
	server: {
		proxy: {
			"/api": { target: HOME, ws: true, changeOrigin: true, rewriteWsOrigin: true },
			"/install": { target: HOME },
		},
	},
})
