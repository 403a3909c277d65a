#!/bin/sh
echo "Hello World, the answer is $1"
sleep 3
echo "$2 Bye world!"
