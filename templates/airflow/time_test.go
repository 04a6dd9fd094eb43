package airflow

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// scheduled makes the DAG of credit's pipeline with a schedule and a zone.
func scheduled(t *testing.T, schedule, timezone string) []byte {
	t.Helper()
	p := credit()
	line := p.Pipelines["nightly"]
	line.Schedule, line.Timezone = schedule, timezone
	p.Pipelines["nightly"] = line
	text, err := Render(p, run(t), start)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAirflowCanReadEverySchedule(t *testing.T) {
	for schedule, want := range map[string]string{
		"30 2 * * *": "map[cron:30 2 * * * timezone:%s]", "@daily": "map[cron:0 0 * * * timezone:%s]",
		"@midnight":                   "map[cron:0 0 * * * timezone:%s]",
		"*/20 8-18 ? jan-mar mon,fri": "map[cron:0,20,40 8-18 * 1-3 1,5 timezone:%s]",
		"0 0 1-31 * 1":                "map[cron:0 0 * * * timezone:%s]",
		"@every 1h":                   "1:00:00", "@every 1d": "1 day, 0:00:00", "": "<nil>",
	} {
		zones := []string{"Europe/Berlin"}
		if schedule == "30 2 * * *" {
			zones = append(zones, "UTC", "America/New_York")
		}
		for _, zone := range zones {
			d := python(t, scheduled(t, schedule, zone))
			if strings.Contains(want, "%s") {
				if got := fmt.Sprint(d.DAG.Schedule); got != fmt.Sprintf(want, zone) {
					t.Errorf("%q in %s is %s", schedule, zone, got)
				}
			} else if got := fmt.Sprint(d.DAG.Schedule); got != want {
				t.Errorf("%q is %s, want %s", schedule, got, want)
			}
			if offset := map[string]string{"UTC": "+00:00", "Europe/Berlin": "+01:00",
				"America/New_York": "-04:00"}[zone]; d.DAG.Start != "2026-11-01 00:00:00"+offset {
				t.Errorf("in %s it begins on %s", zone, d.DAG.Start)
			}
		}
	}
}

// ids are the runs' names that the runtime takes.
var ids = regexp.MustCompile(`^20260308T070000Z-[0-9a-f]{16}$`)

func TestTheCommandsAreWordsOfAirflow2And3(t *testing.T) {
	for _, machine := range []string{"UTC", "Europe/Berlin", "America/New_York"} {
		for zone, day := range map[string]string{"America/New_York": "2026-03-08", "Pacific/Pago_Pago": "2026-03-07"} {
			d, said, err := stoodIn(t, scheduled(t, "0 3 * * *", zone), machine)
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			names := map[string]string{}
			for how, tasks := range d.Runs {
				want := day
				if strings.HasPrefix(how, "with a date") {
					want = "2026-01-02"
				}
				run := tasks["ingest"][3]
				if !ids.MatchString(run) || tasks["finish"][3] != run || tasks["ingest"][4] != "--date="+want {
					t.Errorf("%s, in %s on a machine in %s: %q and %q", how, zone, machine,
						tasks["ingest"], tasks["finish"])
				}
				names[run] = how
			}
			if len(d.Runs) != 6 || len(names) != 2 { // by the schedule and by a person
				t.Errorf("%d runs of %d names: %v", len(d.Runs), len(names), names)
			}
		}
	}
}

// The stand-in is only worth something if it refuses what Airflow does.
func TestTheStandInIsAsStrictAsAirflow(t *testing.T) {
	text := strings.Replace(string(scheduled(t, "0 3 * * *", "Europe/Berlin")), `"labels": {"a": "b"}`,
		`"labels": {"a": "{{ x }}"}`, 1)
	cron := `CronTriggerTimetable("0 3 * * *", timezone="Europe/Berlin")`
	for name, c := range map[string]struct{ from, to, want string }{
		"a zone in the schedule":   {cron, `"CRON_TZ=Europe/Berlin 30 2 * * *"`, "AirflowTimetableInvalid"},
		"an interval as text":      {cron, `"@every 1h"`, "AirflowTimetableInvalid"},
		"six fields":               {cron, `"0 0 3 * * *"`, "AirflowTimetableInvalid"},
		"an hour that is none":     {cron, `"0 24 * * *"`, "AirflowTimetableInvalid"},
		"a zone that is none":      {`timezone="Europe/Berlin"`, `timezone="Europe/Berln"`, "Berln"},
		"a parameter that is none": {"catchup=", "schedule_interval=None, catchup=", "schedule_interval"},
		"the run's id":             {runName, "{{ dag_run.id }}", "no attribute 'id'"},
		"the run's task instances": {runDate, "{{ dag_run.get_task_instances() }}", "get_task_instances"},
		"the day of no date":       {runDate, "{{ ds }}", "'ds' is not defined"},
		"the date of no date":      {runDate, "{{ logical_date }}", "'logical_date' is not defined"},
		"texts that are templates": {`template_fields = ("cmds",)`,
			`template_fields = ("cmds", "pod_template_dict")`, "'x' is not defined"},
		"texts that are files": {"template_ext = ()",
			"template_ext = ('}}',)\n    template_fields = ('cmds', 'pod_template_dict')", "TemplateNotFound"},
		"a name of Airflow 2": {runDate, "{{ execution_date }}", "'execution_date' is not defined"},
	} {
		changed := strings.Replace(text, c.from, c.to, 1)
		if changed == text {
			t.Fatalf("%s: the file has no %s", name, c.from)
		}
		if _, said, err := stoodIn(t, []byte(changed), "UTC"); err == nil || !strings.Contains(said, c.want) {
			t.Errorf("%s went unnoticed: %v\n%s", name, err, said)
		}
	}
}

func TestWhatAirflowDoesOtherwiseIsSaid(t *testing.T) {
	for _, c := range []struct{ schedule, zone, concurrency, want string }{
		{"30 2 * * *", "America/New_York", "replace", "does not end a run"},
		{"30 2 * * *", "America/New_York", "forbid", "does not leave it out"},
		{"30 2 * * *", "America/New_York", "forbid", "clocks go forward"},
		{"30 2 * * *", "America/New_York", "allow", "at most 16"},
		{"@every 6h", "America/New_York", "forbid", "counts from the start date"},
	} {
		p := credit()
		line := p.Pipelines["nightly"]
		line.Schedule, line.Timezone, line.Catchup = c.schedule, c.zone, false
		line.Concurrency = plan.Concurrency(c.concurrency)
		p.Pipelines["nightly"] = line
		text, err := Render(p, run(t), start)
		if said := strings.Join(strings.Fields(string(text)), " "); err != nil || !strings.Contains(said, c.want) ||
			!strings.Contains(said, "however late it is") {
			t.Errorf("%+v: %v\n%s", c, err, said[:1500])
		}
		if notes := strings.Join(Notes(line), " "); !strings.Contains(notes, c.want) {
			t.Errorf("%+v: %s", c, notes)
		}
	}
	line := credit().Pipelines["nightly"]
	if notes := strings.Join(Notes(line), " "); strings.Contains(notes, "clocks") {
		t.Errorf("UTC has no summer time: %s", notes)
	}
}
