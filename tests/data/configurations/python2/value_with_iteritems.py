NAMES = {'sent': 'Sent'}
