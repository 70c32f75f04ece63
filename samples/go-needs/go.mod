module needs

go 1.21
