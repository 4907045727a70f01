import { describe, expect, test } from 'vitest';
import { effectiveValue, listDaemonGroups, readDirectives, setDaemonOptions } from '../../src/planning/apache.js';

const SITE = `# Configuration file maintained by Juju.
Listen 4980
<VirtualHost *:4980>
\tWSGIDaemonProcess keystone-public processes=12 threads=1 user=keystone \\
\t    group=keystone display-name=%{GROUP}
    # WSGIDaemonProcess commented processes=1
    WSGIProcessGroup keystone-public
</VirtualHost>
<virtualhost *:35337>
    wsgidaemonprocess 'keystone-admin' python-path="/a b" user=keystone
</virtualhost>
`;

function edited(text: string, group: string, wanted: { processes?: number; threads?: number }): string {
  const result = setDaemonOptions(text, group, wanted);
  return result.kind === 'edited' ? result.text : `problem: ${result.problem}`;
}

describe('directives', () => {
  test('are read with continued lines, quotes, comments and sections', () => {
    const found = readDirectives(SITE).map(({ name, words, sections, line }) => [
      name,
      words.map((word) => word.text).join('|'),
      sections.join('>'),
      line,
    ]);

    expect(found).toEqual([
      ['Listen', '4980', '', 2],
      [
        'WSGIDaemonProcess',
        'keystone-public|processes=12|threads=1|user=keystone|group=keystone|display-name=%{GROUP}',
        'VirtualHost *:4980',
        4,
      ],
      ['WSGIProcessGroup', 'keystone-public', 'VirtualHost *:4980', 7],
      ['wsgidaemonprocess', 'keystone-admin|python-path="/a b"|user=keystone', 'virtualhost *:35337', 10],
    ]);
  });

  test('survive any text', () => {
    for (const text of ['', '\n', '\\', '\\\n', '"', 'a "b', "a=' b", '<', '</x>\n</x>', 'a \\\r\nb\r\n', '\0']) {
      expect(() => readDirectives(text)).not.toThrow();
    }
    expect(readDirectives('Listen \\\r\n4980\r\n')[0]?.words.map((word) => word.text)).toEqual(['4980']);
  });
});

describe('daemon process groups', () => {
  test("are listed with mod_wsgi's defaults, a file that is enabled twice once", () => {
    const file = { path: '/etc/apache2/sites-enabled/x.conf', text: SITE };

    expect(listDaemonGroups([file, file])).toEqual([
      { name: 'keystone-public', processes: 12, threads: 1, user: 'keystone', path: file.path, line: 4 },
      { name: 'keystone-admin', processes: 1, threads: 15, user: 'keystone', path: file.path, line: 10 },
    ]);
  });

  test('change in the words asked for, and no other byte', () => {
    expect(edited(SITE, 'keystone-public', { processes: 20 })).toBe(SITE.replace('processes=12', 'processes=20'));
    expect(edited(SITE, 'keystone-public', { processes: 20, threads: 3 })).toBe(
      SITE.replace('processes=12 threads=1', 'processes=20 threads=3'),
    );
    expect(edited(SITE, 'keystone-admin', { processes: 2, threads: 3 })).toBe(
      SITE.replace("'keystone-admin'", "'keystone-admin' processes=2 threads=3"),
    );
  });

  test('keep CRLF, tabs, a missing last line end and what looks like another group', () => {
    const text = 'WSGIDaemonProcess a-b processes=1\r\n\tWSGIDaemonProcess  a\tthreads=2   processes="4"';

    expect(edited(text, 'a', { processes: 9 })).toBe(text.replace('processes="4"', 'processes=9'));
    expect(edited(text, 'a-b', { processes: 9 })).toBe(text.replace('processes=1\r', 'processes=9\r'));
  });

  test('change also where a number is cut by a continued line', () => {
    expect(edited('WSGIDaemonProcess a processes=1\\\n2 threads=1\n', 'a', { processes: 20 })).toBe(
      'WSGIDaemonProcess a processes=20 threads=1\n',
    );
  });

  test('are a problem when they are not there exactly once', () => {
    expect(edited(SITE, 'nobody', { processes: 2 })).toBe('problem: it has 0 WSGIDaemonProcess lines for "nobody", not one');
    expect(edited('WSGIDaemonProcess a\nWSGIDaemonProcess a\n', 'a', { processes: 2 })).toContain('it has 2');
    expect(edited('WSGIDaemonProcess a processes=1 processes=2\n', 'a', { processes: 2 })).toBe(
      'problem: line 1 says processes= 2 times',
    );
    expect(edited('WSGIDaemonProcess a processes=many\n', 'a', { processes: 2 })).toBe(
      'problem: line 1 says processes=many, not a number',
    );
  });
});

test('the last value at server scope counts, blocks of another MPM and virtual hosts do not', () => {
  const files = [
    {
      path: 'a',
      text: '<IfModule mpm_event_module>\nMaxRequestWorkers 150\n</IfModule>\n<IfModule mpm_worker_module>\nMaxRequestWorkers 9\n</IfModule>\n',
    },
    { path: 'b', text: '<IfModule !mpm_prefork_module>\n  maxrequestworkers 400\n</IfModule>\n' },
    { path: 'c', text: '<VirtualHost *:80>\nKeepAliveTimeout 75\n</VirtualHost>\n' },
  ];

  expect(effectiveValue(files, 'MaxRequestWorkers', 'event')).toEqual({ value: '400', path: 'b', line: 2 });
  expect(effectiveValue(files, 'MaxRequestWorkers', 'prefork')).toBeUndefined();
  expect(effectiveValue(files, 'KeepAliveTimeout', 'event')).toBeUndefined();
});
