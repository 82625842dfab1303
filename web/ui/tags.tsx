// Words that a thing is grouped by.

export function Tags({ tags }: { tags: readonly string[] }) {
	if (tags.length === 0) return null
	return (
		<ul class="tags">
			{tags.map((tag) => (
				<li key={tag} class="tag">
					{tag}
				</li>
			))}
		</ul>
	)
}
