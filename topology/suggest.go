package topology

import "fmt"

// didYouMean is a next step that proposes the candidate nearest to word, or
// lists them all where none is near.
func didYouMean(word string, candidates []string) string {
	if best := nearest(word, candidates); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	if len(candidates) == 0 {
		return "there are none"
	}
	return "known are " + sentence(candidates)
}

// nearest is the candidate that word may be a slip of; empty if there is none.
func nearest(word string, candidates []string) string {
	best, dist := "", len(word)/3+2
	for _, c := range candidates {
		if d := editDistance(word, c); d < dist {
			best, dist = c, d
		}
	}
	return best
}

// editDistance is the number of letters to insert, delete or change to make
// one word of the other (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// sentence joins words as people do: a, b and c.
func sentence[S ~string](words []S) string {
	var out string
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			out += " and "
		default:
			out += ", "
		}
		out += string(w)
	}
	return out
}
