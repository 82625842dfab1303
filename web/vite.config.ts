// How the console is built: to dist/web, and with live reload against a running control plane.
import preact from "@preact/preset-vite"
import { defineConfig } from "vite"
import { serviceWorker } from "./build/service-worker.ts"
import { sprite } from "./build/sprite.ts"

/** Where `vite dev` finds the control plane. */
const HOME = process.env.HOMEPORT_URL ?? "http://127.0.0.1:8480"

export default defineConfig({
	root: import.meta.dirname,
	plugins: [preact({ devToolsEnabled: false }), sprite(), serviceWorker()],
	build: {
		outDir: "../dist/web",
		emptyOutDir: true,
		target: "es2024",
		// The terminal is larger than what the reporter calls large, and loads by itself.
		chunkSizeWarningLimit: 600,
	},
	server: {
		proxy: {
			// The host stays as the browser named it, since the control plane lets in only its own pages.
			"/api": { target: HOME, ws: true },
			"/install": { target: HOME },
		},
	},
})
