package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

// requestRows is how many rows of the data the load goes round.
const requestRows = 500

// writeRequests writes a request body a line: rows of the data by names, an
// empty cell as null, without the target.
func writeRequests(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	rows := csv.NewReader(bufio.NewReader(in))
	header, err := rows.Read()
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	lines := json.NewEncoder(out)
	for range requestRows {
		cells, err := rows.Read()
		if err != nil {
			return fmt.Errorf("%s: %w", from, err)
		}
		row := map[string]any{}
		for i, cell := range cells {
			if header[i] != "Status" {
				row[header[i]] = value(cell)
			}
		}
		if err := lines.Encode(map[string]any{"features": row}); err != nil {
			return err
		}
	}
	return out.Close()
}

func value(cell string) any {
	if cell == "" || cell == "NA" {
		return nil
	}
	if v, err := strconv.ParseFloat(cell, 64); err == nil {
		return v
	}
	return cell
}
