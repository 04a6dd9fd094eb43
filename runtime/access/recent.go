package access

import "sync"

// recent is a map that holds what was used lately, and no more than a bound: it has two
// halves, and where the newer is full the older is forgotten.
type recent[K comparable, V any] struct {
	most int // of both halves

	mu         sync.Mutex
	young, old map[K]V
}

func newRecent[K comparable, V any](most int) *recent[K, V] {
	return &recent[K, V]{most: most, young: map[K]V{}}
}

// get returns the value, and keeps it for longer.
func (r *recent[K, V]) get(key K) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.look(key)
}

func (r *recent[K, V]) look(key K) (V, bool) {
	if v, ok := r.young[key]; ok {
		return v, true
	}
	v, ok := r.old[key]
	if ok {
		r.put(key, v)
	}
	return v, ok
}

// set sets the value.
func (r *recent[K, V]) set(key K, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(key, v)
}

// getOr returns the value, which is made where there is none.
func (r *recent[K, V]) getOr(key K, made func() V) V {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok := r.look(key); ok {
		return v
	}
	v := made()
	r.put(key, v)
	return v
}

func (r *recent[K, V]) put(key K, v V) {
	if len(r.young) >= r.most/2 {
		r.old, r.young = r.young, map[K]V{}
	}
	r.young[key] = v
}
