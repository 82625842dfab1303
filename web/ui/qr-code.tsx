// A QR code, dark on light whatever the theme: phones do not read the other way round.
import { encode } from "uqr"
import { words } from "../messages.ts"

export function QrCode({ text, about }: { text: string; about: string }) {
	const { size, data } = encode(text, { ecc: "M", border: 3 })
	const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join("")
	return (
		<svg class="qr" role="img" aria-label={words.channels.qrOf(about)} viewBox={`0 0 ${size} ${size}`}>
			<path fill="#ffffff" d={`M0 0h${size}v${size}H0z`} />
			<path fill="#000000" d={path} shape-rendering="crispEdges" />
		</svg>
	)
}
