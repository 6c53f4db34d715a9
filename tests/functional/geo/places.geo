; Who is where, for this story.
203.0.113.0/26    continent=EU country=DE subdivision=BE location=52.5,13.4
203.0.113.64/26   continent=EU country=FR location=48.9,2.4
203.0.113.128/26  continent=NA country=US subdivision=CA location=37.8,-122.4
203.0.113.192/26  continent=NA country=US subdivision=NY location=40.7,-74.0
198.51.100.0/25   continent=AF country=ZA location=-33.9,18.4
198.51.100.128/25 continent=AS country=SG location=1.3,103.8
192.0.2.0/25      continent=EU country=GB asn=64500 location=51.5,-0.1
2001:db8:1::/48   continent=EU country=DE location=52.5,13.4
2001:db8:2::/48   continent=NA country=US subdivision=CA location=37.8,-122.4
127.0.0.1/32      continent=AS country=JP location=35.7,139.7
