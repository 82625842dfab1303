// Connections that a session's allow-list has refused, and what it allows.
import type { MachineId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { api } from "../api.ts"
import { useAsked } from "../asked.ts"
import { words } from "../messages.ts"
import { Face, Here } from "./faces.tsx"
import { When } from "./when.tsx"

const EVERY_MS = 5_000

export function Blocked({ machine, info }: { machine: MachineId; info: SessionInfo }) {
	const asked = useAsked(() => api("listDenied", { params: { machine, session: info.id } }), { everyMs: EVERY_MS })
	return (
		<>
			<Here asked={asked}>
				{({ denied }) =>
					denied.length === 0 ? (
						<Face icon="ban" title={words.denied.none} text={words.denied.noneText} />
					) : (
						<table class="figures">
							<thead>
								<tr>
									<th scope="col">{words.denied.where}</th>
									<th scope="col">{words.denied.count}</th>
									<th scope="col">{words.denied.last}</th>
								</tr>
							</thead>
							<tbody>
								{denied.map(({ host, port, count, at }) => (
									<tr key={`${host}:${port}`}>
										<td class="mono breaks">
											{host}:{port}
										</td>
										<td>{count}</td>
										<td>
											<When at={at} />
										</td>
									</tr>
								))}
							</tbody>
						</table>
					)
				}
			</Here>
			{info.network.is === "allow-list" && (
				<div class="panel-note">
					<h3>{words.denied.allowed}</h3>
					<ul class="mono">
						{info.network.hosts.map((host) => (
							<li key={host}>{host}</li>
						))}
					</ul>
					{info.vm !== null && <p class="dim">{words.denied.shared}</p>}
				</div>
			)}
		</>
	)
}
