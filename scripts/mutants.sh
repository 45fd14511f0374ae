# Mutants: single faults put into the source on purpose, each of which one class of the tests must notice.
#
# tests/mutants/NAME.patch begins with two lines, then an ordinary diff follows:
#   red: CLASS    the test class that must fail with this fault
#   why: TEXT     what the fault would do to people

# mutants [NAME...]: all of tests/mutants, or those whose names begin so; in a copy of the tree, so the work at hand stays as it is
mutants() {
  local folder=$root/tests/mutants copy=$root/.veza/mutants/tree files=() file name killed=0 alive=0
  take_lock "$root/.veza/mutants.lock" './dev mutants'
  for file in "$folder"/*.patch; do
    name=$(basename "$file" .patch)
    if (($# == 0)) || starts_with_any "$name" "$@"; then files+=("$file"); fi
  done
  ((${#files[@]} > 0)) || die "no mutant's name begins with ${*:-anything}" "They are in ${folder#"$root/"}."
  copy_tree "$copy"
  for file in "${files[@]}"; do
    if kill_mutant "$copy" "$file"; then killed=$((killed + 1)); else alive=$((alive + 1)); fi
  done
  say "$killed killed, $alive alive"
  ((alive == 0))
}

starts_with_any() {
  local name=$1 start
  shift
  for start in "$@"; do
    if [[ $name == "$start"* ]]; then return 0; fi
  done
  return 1
}

# copy_tree FOLDER: what git knows of and what is new, as it stands; what was built there before stays
copy_tree() {
  local tree=$1 packages=$root/tests/browser/node_modules
  mkdir -p "$tree"
  (cd "$tree" && git -C "$tree" init -q && git ls-files -z | xargs -0 -r rm -f --)
  (cd "$root" && git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [[ ! -f $file ]] || printf '%s\0' "$file"
  done | tar --null -T - -cf -) | tar -C "$tree" -xf -
  git -C "$tree" add -A
  [[ ! -d $packages || -d $tree/tests/browser/node_modules ]] || cp -a "$packages" "$tree/tests/browser/"
}

# kill_mutant TREE PATCH: true when its class notices it
kill_mutant() {
  local tree=$1 patch=$2 name class seconds=$SECONDS log verdict=ALIVE failed
  name=$(basename "$patch" .patch)
  class=$(sed -n 's/^red: *//p' "$patch" | head -n 1)
  log=$root/.veza/mutants/$name.log
  [[ -n $class ]] || die "$name does not say which class must turn red" "Its first line is 'red: CLASS'."
  git -C "$tree" checkout -q -- .
  if ! git -C "$tree" apply "$patch" 2>"$log"; then
    verdict='DOES NOT APPLY'
  else
    rm -f "$tree/.veza/test/result"
    # The rules of style are for people's code: without the analyzers a build takes half of the time.
    RunAnalyzers=false "$tree/dev" test --filter ".$class." >>"$log" 2>&1 || true
    if [[ ! -f $tree/.veza/test/result ]]; then
      verdict='DOES NOT BUILD OR RUN'
    else
      read -r _ failed _ <"$tree/.veza/test/result"
      ((failed == 0)) || verdict=killed
      ! grep -q 'not one test ran' "$log" || verdict='NO SUCH CLASS'
    fi
  fi
  git -C "$tree" checkout -q -- .
  printf '%-60s %-22s %4d s  %s\n' "$name" "$verdict" $((SECONDS - seconds)) "$class"
  [[ $verdict == killed ]]
}
