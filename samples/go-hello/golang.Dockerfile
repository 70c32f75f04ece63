FROM golang:1.24
COPY hello.go .
RUN go build hello.go
CMD ["./hello"]
