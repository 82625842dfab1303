// What of the network a session reaches: everything, nothing, or what is on a list that is kept outside.
import assert from "node:assert/strict"
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { networkInterfaces } from "node:os"
import { type Denied, NETWORKS, type Network } from "../../../protocol/substrate.ts"
import { homeport } from "../../support/command.ts"
import { until } from "../../support/until.ts"
import { type Case, needsNetwork } from "../case.ts"

/** Says what a server on the machine says, by any of these ways to it. */
const REACH = `reach() { timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" && head -c 7 <&3' "$1" "$2" 2>/dev/null && echo " $1"; }`

export const NETWORK_CASES: Case[] = [
	{
		what: "the full network reaches other machines",
		lacks: needsNetwork("full"),
		async run(place) {
			const [own = "127.0.0.1"] = addresses()
			const { address, port, close } = (await place.serve()) ?? { address: own, ...(await serve()) }
			// Sessions have this network where it is there.
			const { text } = await place.sh(`${REACH}; reach ${address} ${port}`)
			close()
			assert.equal(text, `reached ${address}\n`)
		},
	},
	{
		what: "[SES4] no network reaches nothing: not this machine, not what is near, not by a name",
		lacks: needsNetwork("none"),
		async run(place) {
			const server = await serve()
			const ways = ["127.0.0.1", "localhost", ...GATEWAYS, ...addresses(), "169.254.169.254", "example.com"]
			const tries = ways.map((way) => `reach ${way} ${server.port} &`).join(" ")
			const { text } = await place.sh(`${REACH}; ${tries} wait; echo tried`, { network: { is: "none" } })
			server.close()
			assert.equal(text, "tried\n")
			assert.equal(server.reached, 0)
		},
	},
	{
		what: "[SES4] an allow-list reaches what is on it by the proxy, and nothing else; what was refused is listed",
		lacks: needsNetwork("allow-list"),
		async run(place) {
			const server = await serve()
			const script = `${REACH}
				through() {
					exec 3<>"/dev/tcp/$host/$port" || return
					printf 'CONNECT %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n' "$1" "$1" >&3
					read -r -u 3 answer; echo "$1 $answer"
					while read -r -u 3 line && [ "$line" != $'\\r' ]; do :; done
					[ -z "$2" ] || { head -c 7 <&3; echo; }
					exec 3>&-
				}
				proxy=\${HTTPS_PROXY#http://}; host=\${proxy%:*}; port=\${proxy##*:}
				through 127.0.0.1:${server.port} read
				through example.com:443; through example.com:443; through 169.254.169.254:80
				for way in 127.0.0.1 ${[...GATEWAYS, ...addresses()].join(" ")}; do reach $way ${server.port} & done; wait
				echo "$http_proxy $no_proxy"`
			const run = await place.start(["bash", "-c", script], {
				network: { is: "allow-list", hosts: [`127.0.0.1:${server.port}`] },
			})
			await run.ended()
			server.close()
			const lines = (await run.text()).replaceAll("\r", "").trim().split("\n")
			const [proxy, near] = lines.pop()?.split(" ") ?? []
			assert.match(proxy ?? "", /^http:\/\/[\d.]+:\d+$/)
			assert.equal(near, "127.0.0.1,localhost")
			assert.deepEqual(lines, [
				`127.0.0.1:${server.port} HTTP/1.1 200 Connection established`,
				"reached",
				...["example.com:443", "example.com:443", "169.254.169.254:80"].map((way) => `${way} HTTP/1.1 403 Forbidden`),
			])
			assert.equal(server.reached, 1)

			const shown = ({ host, port, count }: Denied) => `${host}:${port} ${count}`
			const expected = ["169.254.169.254:80 1", "example.com:443 2"]
			const listed = async () => (await place.home.call("listDenied", { params: run.params })).denied.map(shown)
			await until("it is listed", async () => (await listed()).length === 2)
			assert.deepEqual(await listed(), expected)
			const { json } = await homeport(place.home.dataDir, ["denied", run.id, "--json"])
			assert.deepEqual((json() as { denied: Denied[] }).denied.map(shown), expected)
			await run.forget()
		},
	},
	{
		what: "[SES4] a network that cannot be had is refused, and nothing is left",
		lacks: ({ networks }) => (networks.length === NETWORKS.length ? "It has every network." : null),
		async run(place) {
			const values: Record<(typeof NETWORKS)[number], Network> = {
				full: { is: "full" },
				none: { is: "none" },
				"allow-list": { is: "allow-list", hosts: ["example.com"] },
			}
			const before = place.sessionFolders()
			for (const network of NETWORKS.filter((one) => !place.info.networks.includes(one)))
				await assert.rejects(place.start(["true"], { network: values[network] }), { code: "substrate_unavailable" })
			assert.deepEqual(place.sessionFolders(), before)
		},
	},
]

/** Where containers and VMs commonly find the machine that they are on. */
const GATEWAYS = ["10.0.2.2", "10.0.2.3", "172.17.0.1", "10.88.0.1"]

function addresses(): string[] {
	return Object.values(networkInterfaces())
		.flatMap((all) => all ?? [])
		.filter(({ family, internal, address }) => family === "IPv4" && !internal && !GATEWAYS.includes(address))
		.map(({ address }) => address)
}

/** A server of the machine, on all of its addresses. */
async function serve(): Promise<{ port: number; readonly reached: number; close(): void }> {
	let reached = 0
	const server = createServer((socket) => {
		reached++
		socket.on("error", () => {}).end("reached")
	})
	server.listen(0, "0.0.0.0")
	await once(server, "listening")
	return {
		port: (server.address() as AddressInfo).port,
		get reached() {
			return reached
		},
		close: () => server.close(),
	}
}
