package registry

import "testing"

// TestAReviewThatSomebodyElseRecordedFirstIsNotNew has the first attempt fail after
// it found the review to be new, and another process record it before the second.
func TestAReviewThatSomebodyElseRecordedFirstIsNotNew(t *testing.T) {
	p := freshFile(t)
	r, other := p.open(t), p.open(t)
	register(t, r, candidate("m", "1"))
	db, review := p.raw(t), Review{By: "ada", Source: "pull/7"}
	if _, err := db.ExecContext(t.Context(),
		`CREATE TRIGGER fails BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'busy'); END`); err != nil {
		t.Fatal(err)
	}
	attempts := 0
	r.dialect.transient = func(error) bool {
		attempts++
		if _, err := db.ExecContext(t.Context(), `DROP TRIGGER fails`); err != nil {
			t.Error(err)
			return false
		}
		if recorded, err := other.RecordReview(t.Context(), "m", 1, review); err != nil || !recorded {
			t.Errorf("the other's review is new: %t, %v", recorded, err)
		}
		return true
	}
	recorded, err := r.RecordReview(t.Context(), "m", 1, review)
	if err != nil || attempts != 1 {
		t.Fatalf("after %d failures: %v", attempts, err)
	}
	if recorded {
		t.Error("a review that another process recorded is said to be new")
	}
}
