// The property list by which launchd keeps the connector running.

export function launchAgent(label: string, command: string[], log: string): string {
	const words = command.map((word) => `\t\t<string>${escapeXml(word)}</string>`).join("\n")
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>${escapeXml(label)}</string>
	<key>ProgramArguments</key>
	<array>
${words}
	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<true/>
	<!-- Sessions live in processes of their own: stopping or upgrading the connector leaves them alone. -->
	<key>AbandonProcessGroup</key>
	<true/>
	<key>StandardErrorPath</key>
	<string>${escapeXml(log)}</string>
</dict>
</plist>
`
}

function escapeXml(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
}
