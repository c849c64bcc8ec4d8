module github.com/longshore/longshore/sandbox

go 1.26

require github.com/longshore/longshore v0.0.0

replace github.com/longshore/longshore => ../
