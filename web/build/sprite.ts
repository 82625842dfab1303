// The icons in use, as one SVG sprite that the page carries: drawn at once, and no request for it.
import { readFileSync } from "node:fs"
import type { Plugin } from "vite"
import { ICONS } from "../ui/icons.ts"

export function sprite(): Plugin {
	return {
		name: "sprite",
		transformIndexHtml: () => [
			{ tag: "svg", attrs: { class: "sprite", "aria-hidden": "true" }, children: symbols(), injectTo: "body-prepend" },
		],
	}
}

function symbols(): string {
	const folder = new URL("icons/", import.meta.resolve("lucide-static/package.json"))
	return ICONS.map((name) => {
		const svg = readFileSync(new URL(`${name}.svg`, folder), "utf8")
		const drawing = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"))
		return `<symbol id="icon-${name}" viewBox="0 0 24 24">${drawing.replace(/\s*\n\s*/g, "")}</symbol>`
	}).join("")
}
