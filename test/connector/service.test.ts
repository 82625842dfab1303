// What service managers are told.
import { expect, test } from "vitest"
import { launchAgent } from "../../connector/service/launch-agent.ts"
import { systemdUnit } from "../../connector/service/systemd-unit.ts"

const COMMAND = ["/opt/node 24/bin/node", "/x/homeport.js", "connect", "--data-dir", '/home/a "b" $c 100%/é']

test("[SES1] the systemd unit restarts the connector for ever and leaves sessions alone", () => {
	const unit = systemdUnit(COMMAND, "user")
	expect(unit).toContain("KillMode=process\n")
	expect(unit).toContain("Restart=always\n")
	expect(unit).toContain("StartLimitIntervalSec=0\n")
	expect(unit).toContain("WantedBy=default.target\n")
	expect(systemdUnit(COMMAND, "system")).toContain("WantedBy=multi-user.target\n")
	expect(systemdUnit(COMMAND, "system")).toContain("After=network-online.target\n")
})

test("[SES3] paths with spaces, quotes, dollars and percent signs stay one word each", () => {
	expect(systemdUnit(COMMAND, "user")).toContain(
		String.raw`ExecStart="/opt/node 24/bin/node" "/x/homeport.js" "connect" "--data-dir" "/home/a \"b\" $$c 100%%/é"`,
	)
})

test("[SES1] the launchd agent keeps the connector alive and leaves sessions alone", () => {
	const agent = launchAgent("dev.example", ["/bin/a&b", "<x>"], "/tmp/log")
	expect(agent).toMatch(/<key>KeepAlive<\/key>\s*<true\/>/)
	expect(agent).toMatch(/<key>AbandonProcessGroup<\/key>\s*<true\/>/)
	expect(agent).toContain("<string>/bin/a&amp;b</string>")
	expect(agent).toContain("<string>&lt;x&gt;</string>")
})
