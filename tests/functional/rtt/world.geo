; Who is where. 10.4.0.0/16 has a continent and no more; all that is not here is nowhere.
10.1.0.0/16    continent=EU country=DE location=52.52,13.40
10.2.0.0/16    continent=EU country=FR location=48.86,2.35
10.3.0.0/16    continent=NA country=US location=40.71,-74.01
10.4.0.0/16    continent=AS
10.5.0.0/16    continent=AF country=ZA location=-33.92,18.42
2001:db8:1::/48 continent=EU country=DE location=52.52,13.40
