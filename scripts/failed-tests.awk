# Of the result.xml of a run: the full name of each failed test, and of each class that failed around its tests, with the first
# three lines of its message, indented. In all at most lines_max lines: of many the names alone.
BEGIN {
  RS = "<(test|error) "
  if (!lines_max) lines_max = 40
}

function text(s) {
  gsub(/<!\[CDATA\[|\]\]>/, "", s)
  gsub(/\\?&quot;|\\"/, "\"", s)
  gsub(/&lt;/, "<", s)
  gsub(/&gt;/, ">", s)
  gsub(/&#39;|&apos;/, "\047", s)
  gsub(/&amp;/, "\\&", s)
  return s
}

NR > 1 {
  head = substr($0, 1, index($0, ">"))
  if (head !~ / result="Fail"|^type="/ || !match(head, /(^| )name="[^"]*"/)) next
  name = substr(head, RSTART, RLENGTH)
  gsub(/^ ?name="|"$/, "", name)
  names[++count] = text(name)
  lines++
  from = index($0, "<message>") + length("<message>")
  to = index($0, "</message>")
  shown = to ? split(text(substr($0, from, to - from)), line, "\n") : 0
  for (i = 1; i <= shown && i <= 3; i++) {
    message[count] = message[count] "    " substr(line[i], 1, 300) "\n"
    lines++
  }
}

END {
  for (i = 1; i <= count && (count <= lines_max || i < lines_max); i++)
    printf "%s\n%s", names[i], (lines <= lines_max ? message[i] : "")
  if (i <= count) printf "and %d more\n", count - i + 1
}
