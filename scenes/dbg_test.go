package scenes
import ("testing";"fmt")
func TestDbg(t *testing.T){
 s:=NewSchedule(97,ScheduleOptions{})
 sc,err:=s.Scene(); if err!=nil{t.Fatal(err)}
 r,err:=sc.Run(Options{}); fmt.Println(len(r.Trace.Events),err)
}
