// The unit file by which systemd keeps the connector running.

/** `command` holds absolute paths and plain arguments. */
export function systemdUnit(command: string[], scope: "user" | "system"): string {
	return `[Unit]
Description=Homeport connector
${scope === "system" ? "Wants=network-online.target\nAfter=network-online.target\n" : ""}StartLimitIntervalSec=0

[Service]
ExecStart=${command.map(quote).join(" ")}
Restart=always
RestartSec=2
# Sessions live in processes of their own: stopping or upgrading the connector leaves them alone.
KillMode=process

[Install]
WantedBy=${scope === "user" ? "default.target" : "multi-user.target"}
`
}

/** As systemd reads a command line: quotes, backslashes, and its own % and $ signs. */
function quote(word: string): string {
	const escaped = word.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%").replaceAll("$", "$$$$")
	return `"${escaped}"`
}
